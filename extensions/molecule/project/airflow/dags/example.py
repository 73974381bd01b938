# No DAG, as the image runs nothing.
