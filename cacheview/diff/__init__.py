"""Two builds side by side: where they first differ, and why."""
