"""The dock with watched builds: their list, and the steps of one of them with the predictions."""
