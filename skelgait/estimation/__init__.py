"""Video to pose and silhouettes: one adapter a file."""
