"""The dock with the hazards in the entire store under the selected rules, and the images that each affects."""
