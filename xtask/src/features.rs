//! The features of a package, read from its manifest.

use std::fs;
use std::path::Path;

use xtask::failure::Failure;

/// The names of the features that the manifest declares, without `default` and those that begin
/// with `_`, which are parts of others.
///
/// # Errors
///
/// When the file cannot be read, or declares no feature: then there is nothing to check,
/// which is more likely a mistake than meant.
pub(crate) fn read_features(manifest: &Path) -> Result<Vec<String>, Failure> {
    let text = fs::read_to_string(manifest).map_err(|error| {
        Failure::new(
            format!("`{}` could not be read: {error}", manifest.display()),
            "check that the file is there, or correct the path in `xtask/src/ci.rs`",
        )
    })?;
    let features = parse_features(&text);
    if features.is_empty() {
        return Err(Failure::new(
            format!("`{}` declares no features", manifest.display()),
            "write them as `name = [..]` lines under `[features]`",
        ));
    }
    Ok(features)
}

/// Reads the keys of the `[features]` table. This is enough of TOML for that table, where
/// every value is an array, and no string in it has a `#` or a `=`.
fn parse_features(manifest: &str) -> Vec<String> {
    let mut features = Vec::new();
    let mut in_table = false;
    for line in manifest.lines() {
        let line = line.split_once('#').map_or(line, |(before, _comment)| before).trim();
        if line.starts_with('[') {
            in_table = line == "[features]";
        } else if let Some((key, _value)) = line.split_once('=') {
            let name = key.trim().trim_matches('"');
            if in_table && name != "default" && !name.starts_with('_') {
                features.push(name.to_owned());
            }
        }
    }
    features
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(manifest: &str, expected: &[&str]) {
        assert_eq!(parse_features(manifest), expected);
    }

    #[test]
    fn only_the_keys_of_the_features_table_are_features() {
        check(
            "[package]\nname = \"a\"\n\n[features]\nderive = []\n\n[dependencies]\nserde = \"1\"\n",
            &["derive"],
        );
    }

    #[test]
    fn the_default_feature_is_left_out() {
        check("[features]\ndefault = [\"http\"]\nhttp = []\n", &["http"]);
    }

    #[test]
    fn an_array_may_take_several_lines() {
        check(
            "[features]\nhttp = [\n    \"dep:url\", # for `Endpoint`\n    \"dep:tokio\",\n]\naxum = [\"dep:axum\"]\n",
            &["http", "axum"],
        );
    }

    #[test]
    fn comments_are_no_features() {
        check("[features] # of the core\n# old = []\n\"axum\" = [] # new = []\n", &["axum"]);
    }

    #[test]
    fn a_manifest_without_features_is_a_failure() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let failure = read_features(&manifest).expect_err("this package has no features");
        assert!(failure.to_string().contains("declares no features"));
    }

    #[test]
    fn a_manifest_that_is_not_there_is_a_failure() {
        let failure = read_features(Path::new("no/such/Cargo.toml")).expect_err("no such file");
        assert!(failure.to_string().contains("`no/such/Cargo.toml` could not be read"));
    }
}
