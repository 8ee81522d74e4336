"""Speed as ratios inside one run: the hub beside the least that could do its job durably; see docs/performance.md."""
