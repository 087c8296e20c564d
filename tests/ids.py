"""Ids of Custom Vision's own, and one that nothing has."""

FOOD = "c151d5b5-dd07-472a-acc8-15d29dea8518"  #: A domain.
GENERAL = "ee85a74c-405e-4adc-bb47-ffa8ca0c9f31"  #: The domain of a project that names none.
OBJECT_DETECTION = "da2e3a8a-40a5-4171-82f4-58522f70fbc1"  #: A domain of detection.
NOBODY = "00000000-0000-4000-8000-00000000dead"
