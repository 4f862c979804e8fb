//! The dashboard's built page, embedded in the binary (see `build.rs`), and how browsers may keep it.
//!
//! Files with a hash in their name never change and are kept for ever; the rest is asked for each time, by tag.

use warp::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use warp::http::{HeaderMap, StatusCode};
use warp::reply::Response;

/// One file of the page.
struct File {
    /// Path below the root, e.g. `assets/index-3f9c.js`.
    name: &'static str,
    /// Its `ETag`: changes with the content.
    tag: &'static str,
    bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/dashboard.rs"));

/// Whether the page is the real dashboard, and not the note that it was not built.
pub(crate) fn is_built() -> bool {
    BUILT
}

/// The file at `path`, or the page itself where the path is one of the page's own addresses (`/messages`), or
/// nothing where a file is asked for that is not there.
pub(crate) fn answer(path: &str, headers: &HeaderMap) -> Option<Response> {
    let name = path.trim_start_matches('/');
    if let Some(file) = find(name) {
        return Some(serve(file, headers));
    }
    let last = name.rsplit('/').next().unwrap_or_default();
    if last.contains('.') {
        return None;
    }
    find("index.html").map(|index| serve(index, headers))
}

fn find(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

fn serve(file: &'static File, headers: &HeaderMap) -> Response {
    // Vite puts the hash of the content into the names below `assets/`.
    let cache = if file.name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    tagged(file.bytes, media_type(file.name), file.tag, cache, headers)
}

/// An answer that may be asked for again by its tag: 304 when the client has it.
pub(crate) fn tagged(
    bytes: &'static [u8],
    media_type: &'static str,
    tag: &'static str,
    cache: &'static str,
    headers: &HeaderMap,
) -> Response {
    let known = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let known = known.flat_map(|value| value.split(','));
    let fresh = known
        .map(|given| given.trim().trim_start_matches("W/"))
        .any(|given| given == tag || given == "*");
    let response = warp::http::Response::builder()
        .header(ETAG, tag)
        .header(CACHE_CONTROL, cache);
    let response = if fresh {
        response
            .status(StatusCode::NOT_MODIFIED)
            .body(Response::default().into_body())
    } else {
        response.header(CONTENT_TYPE, media_type).body(bytes.into())
    };
    response.expect("every header is a constant")
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
