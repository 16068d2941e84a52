"""What a table's numbers alone tell about its rows: dead and repeated ones, under-trained ones, the health of the whole."""
