"""Azure Custom Vision behind the port, through its official client.

Nothing here imports that client before an engine is opened: it takes its time, and most
installations never need it.
"""
