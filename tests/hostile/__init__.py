"""Files that were made to harm whoever reads them, and what becomes of each (R61)."""
