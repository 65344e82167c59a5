"""Label Studio: tasks as JSON, brush masks as its own runs of bits."""
