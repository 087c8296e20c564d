"""Pure machine learning: pixels in, numbers out. No web, no SQL, nothing else of Classifr."""
