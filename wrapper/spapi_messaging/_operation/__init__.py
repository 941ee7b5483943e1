"""What a send, a read and an upload consist of."""
