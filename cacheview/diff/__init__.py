"""Two builds side by side: where they part, and why."""
