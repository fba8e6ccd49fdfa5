//! Names of errors, from their types and kinds.

use std::error::Error;
use std::{any, io};

/// The kind of an `std::io::Error`, if the error is one and has a kind that tells more than its type.
pub(super) fn io_kind(error: &(dyn Error + 'static)) -> Option<String> {
    let kind = format!("{:?}", error.downcast_ref::<io::Error>()?.kind());
    // `Uncategorized` is no public kind: std moves such errors to new kinds.
    (kind != "Other" && kind != "Uncategorized").then_some(kind)
}

/// The name of an error's type.
pub(super) fn type_name<E>() -> String {
    name_of_path(any::type_name::<E>())
}

fn name_of_path(mut path: &str) -> String {
    // A pointer to an error is an error.
    let pointers = ["&", "mut ", "alloc::boxed::Box<", "alloc::sync::Arc<"];
    while let Some(pointee) = pointers.iter().find_map(|pointer| path.strip_prefix(pointer)) {
        path = pointee;
    }
    let path = path.split(['<', '>']).next().unwrap_or(path);
    let name = path.rsplit("::").next().unwrap_or(path);
    let is_text = matches!(path, "str" | "alloc::string::String");
    if is_text || path.starts_with("dyn ") {
        return "Error".into();
    }
    let mut owner = path.split("::");
    let owner = match owner.next() {
        Some("alloc" | "core" | "std") => owner.next(),
        krate => krate,
    };
    match owner {
        Some(owner) if name == "Error" && owner != name => format!("{owner}::Error"),
        _ => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_is_only_called_error_is_named_with_its_crate_or_module() {
        assert_eq!(type_name::<serde_json::Error>(), "serde_json::Error");
        assert_eq!(type_name::<std::fmt::Error>(), "fmt::Error");
        assert_eq!(type_name::<io::Error>(), "io::Error");
        assert_eq!(name_of_path("Error"), "Error");
    }

    #[test]
    fn pointers_parameters_and_paths_are_left_out() {
        assert_eq!(type_name::<std::num::ParseIntError>(), "ParseIntError");
        assert_eq!(type_name::<Box<std::num::ParseIntError>>(), "ParseIntError");
        assert_eq!(type_name::<std::sync::PoisonError<Vec<u8>>>(), "PoisonError");
        assert_eq!(type_name::<Box<dyn Error + Send + Sync>>(), "Error");
        assert_eq!(type_name::<&'static dyn Error>(), "Error");
        assert_eq!(type_name::<&str>(), "Error");
        assert_eq!(type_name::<String>(), "Error");
    }

    #[test]
    fn an_io_error_is_named_by_its_kind_if_it_has_one() {
        let kind = |kind| io_kind(&io::Error::new(kind, "no till"));
        assert_eq!(kind(io::ErrorKind::NotFound).as_deref(), Some("NotFound"));
        assert_eq!(kind(io::ErrorKind::Other), None);
        assert_eq!(io_kind(&std::fmt::Error), None);
    }
}
