//! Files, and the standard input.

use std::io::{self, Read};

use http::{HeaderMap, HeaderName, HeaderValue};

use super::failure::Failure;

/// The most that is read.
const MOST: u64 = 64 * 1024 * 1024;

/// Reads a file; `-`, or none, is the standard input.
pub(super) fn read(path: Option<&str>) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let (name, read) = match path {
        None | Some("-") => {
            ("the standard input", io::stdin().lock().take(MOST + 1).read_to_end(&mut bytes))
        }
        Some(path) => {
            let file = std::fs::File::open(path);
            (path, file.and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes)))
        }
    };
    read.map_err(|error| Failure::usage(format!("`{name}` cannot be read: {error}")))?;
    if bytes.len() as u64 > MOST {
        return Err(Failure::usage(format!("`{name}` has more than 64 MiB")));
    }
    Ok(bytes)
}

/// Reads a file of text.
pub(super) fn read_text(path: Option<&str>) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|_| {
        Failure::usage(format!("`{}` is not UTF-8", path.unwrap_or("the standard input")))
    })
}

/// Reads headers as they are captured: a line each, `Name: value`. Lines of a request's or an
/// answer's beginning, and the marks of `curl -v`, are passed over.
pub(super) fn headers<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for line in lines {
        let line = line.trim().trim_start_matches(['>', '<']).trim();
        if line.is_empty() || is_first_line(line) {
            continue;
        }
        let header = line.split_once(':').and_then(|(name, value)| {
            let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
            Some((name, HeaderValue::from_str(value.trim()).ok()?))
        });
        let Some((name, value)) = header else {
            return Err(Failure::usage(format!("`{line}` is not a header: write `Name: value`")));
        };
        headers.append(name, value);
    }
    Ok(headers)
}

fn is_first_line(line: &str) -> bool {
    let mut words = line.split_whitespace();
    line.starts_with("HTTP/") || words.nth(2).is_some_and(|word| word.starts_with("HTTP/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_they_are_captured() {
        let text = "POST /hooks HTTP/1.1\r\nwebhook-id: a\r\n\r\n> X-One:  b : c \n";
        let headers = headers(text.lines()).unwrap();
        assert_eq!(headers.len(), 2);
        assert_eq!(headers["webhook-id"], "a");
        assert_eq!(headers["x-one"], "b : c");
        assert!(super::headers(["no header"]).is_err());
    }
}
