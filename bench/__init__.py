"""What `make bench` runs: each cryptosuite beside the bare signatures it cannot do without."""
