"""What an image is, in one dock."""
