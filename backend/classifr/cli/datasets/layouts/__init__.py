"""Where images and labels go in each form of export; a module for each."""
