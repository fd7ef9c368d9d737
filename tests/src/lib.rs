//! Whole-city tests live beside this file, in `city/`.
