"""Parts that pages are put together from; those that ask for a choice give plain values."""
