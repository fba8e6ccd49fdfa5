//! The files of the page, from the binary.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

/// The files by their names.
const FILES: &[(&str, &str)] = &include!("page/files.in");

pub(super) async fn elsewhere() -> Redirect {
    Redirect::permanent("/console/")
}

pub(super) async fn index() -> Response {
    found("index.html")
}

pub(super) async fn file(Path(file): Path<String>) -> Response {
    found(&file)
}

fn found(name: &str) -> Response {
    let Some((_, text)) = FILES.iter().find(|(known, _)| *known == name) else {
        return (StatusCode::NOT_FOUND, "the console has no such file").into_response();
    };
    let content_type = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    // A newer `asl serve` on the same port has another page.
    (
        [
            (header::CONTENT_TYPE, content_type),
            (header::CACHE_CONTROL, "no-cache"),
        ],
        *text,
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::FILES;
    use std::path::Path;

    /// A file of the page that the binary does not have would be missed only in a browser.
    #[test]
    fn the_binary_has_every_file_of_the_page() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/console/page");
        let (mut there, mut folders) = (Vec::new(), vec![folder.clone()]);
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    there.push(path.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/"));
                }
            }
        }
        there.retain(|name| name != "files.in");
        there.sort();
        let known: Vec<_> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(known, there);
    }
}
