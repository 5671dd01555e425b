//! x
pub(crate) mod tools;
