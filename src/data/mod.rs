//! Pure JSON to JSON: paths, payload templates, intrinsic functions.
