"""The dock with the hazards of a whole store using the selected rules, and the images that each affects."""
