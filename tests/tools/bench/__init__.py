"""Tests of the benchmarks: arithmetic, forms and pages; no test looks at a clock."""
