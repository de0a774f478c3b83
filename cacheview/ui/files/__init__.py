"""Files: which differ, and what a layer did to them."""
