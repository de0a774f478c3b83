"""Answers as text, JSON and Markdown: a module for each subject."""
