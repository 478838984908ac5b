//! As much of a Dockerfile as this project's own has in it.

use std::collections::BTreeMap;

use xtask::failure::Failure;

/// What is built, and what the image is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Dockerfile {
    /// The commands of the stage that builds, for a shell.
    pub(super) commands: Vec<String>,
    /// The environment of these commands.
    pub(super) build: BTreeMap<String, String>,
    /// What is copied into the image.
    pub(super) copies: Vec<Copy>,
    /// The environment of what runs in the image.
    pub(super) environment: BTreeMap<String, String>,
    /// Who runs it, as `user:group`, by their numbers.
    pub(super) user: String,
    /// The program, and the arguments that it always has.
    pub(super) entrypoint: Vec<String>,
    /// The arguments that it has unless others are given.
    pub(super) command: Vec<String>,
    /// The command that tells whether it works.
    pub(super) health: Vec<String>,
}

/// A directory of the stage that builds, whose content goes to a place in the image.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) owner: Option<String>,
}

impl Dockerfile {
    /// Reads a file of two stages, with these values for its `ARG`s.
    pub(super) fn parse(text: &str, arguments: &[(&str, &str)]) -> Result<Self, Failure> {
        let mut file = Self::default();
        let mut stages = 0;
        for line in instructions(text) {
            let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match (word, stages) {
                ("FROM", _) => stages += 1,
                ("ARG", _) => {
                    let (name, usual) = assignment(rest, &line)?;
                    let given = arguments.iter().find(|(argument, _)| *argument == name);
                    let value = given.map_or(usual, |(_, value)| (*value).to_owned());
                    file.build.insert(name, value);
                }
                ("ENV", 1) => file.build.extend([assignment(rest, &line)?]),
                ("RUN", 1) => file.commands.push(rest.to_owned()),
                // The commands are run where the sources are, and what the image tells others is
                // theirs to read.
                ("WORKDIR", _) | ("EXPOSE" | "STOPSIGNAL" | "VOLUME", 2) => {}
                ("COPY", 1) if rest == ". ." => {}
                ("COPY", 2) => file.copies.push(file.copy(rest).ok_or_else(|| unknown(&line))?),
                ("ENV", 2) => file.environment.extend([assignment(rest, &line)?]),
                ("USER", 2) => rest.clone_into(&mut file.user),
                ("ENTRYPOINT", 2) => file.entrypoint = words(rest, &line)?,
                ("CMD", 2) => file.command = words(rest, &line)?,
                ("HEALTHCHECK", 2) => {
                    let command = rest.split_once("CMD ").map_or("", |(_options, words)| words);
                    file.health = words(command, &line)?;
                }
                _ => return Err(unknown(&line)),
            }
        }
        Ok(file)
    }

    /// Reads `--from=build [--chown=1:1] FROM TO`.
    fn copy(&self, rest: &str) -> Option<Copy> {
        let rest = rest.strip_prefix("--from=build ")?;
        let (owner, rest) = match rest.strip_prefix("--chown=") {
            Some(rest) => rest.split_once(' ').map(|(owner, rest)| (Some(owner), rest))?,
            None => (None, rest),
        };
        let (from, to) = rest.split_once(' ')?;
        let mut from = from.to_owned();
        for (name, value) in &self.build {
            from = from.replace(&format!("${{{name}}}"), value);
        }
        Some(Copy { from, to: to.to_owned(), owner: owner.map(str::to_owned) })
    }
}

/// The instructions, each in one line, without comments.
fn instructions(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let text = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn unknown(line: &str) -> Failure {
    Failure::new(
        format!("a line of the Dockerfile is not understood: {line}"),
        "write it like the others there, or teach it to `xtask/src/package/dockerfile.rs`",
    )
}

/// Reads `NAME=value` or `NAME="value"`.
fn assignment(rest: &str, line: &str) -> Result<(String, String), Failure> {
    let (name, value) = rest.split_once('=').ok_or_else(|| unknown(line))?;
    Ok((name.to_owned(), value.trim_matches('"').to_owned()))
}

/// Reads `["one", "two"]`, in which no word has a quote or a backslash.
fn words(list: &str, line: &str) -> Result<Vec<String>, Failure> {
    let list = list.trim().strip_prefix('[').and_then(|list| list.strip_suffix(']'));
    let word = |word: &str| Some(word.trim().strip_prefix('"')?.strip_suffix('"')?.to_owned());
    let words: Option<Vec<_>> =
        list.and_then(|list| list.split(',').map(word).collect::<Option<_>>());
    words.ok_or_else(|| unknown(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# A comment.
FROM rust AS build
ARG PROFILE=release
ARG IMAGE=/image
ENV RUSTFLAGS=\"-C target-feature=+crt-static\"
WORKDIR /source
COPY . .
RUN cargo install \\
    --root \"$IMAGE\"
# Between them.
RUN true

FROM scratch
COPY --from=build ${IMAGE}/root /
COPY --from=build --chown=7:8 ${IMAGE}/data /data
ENV HOOKWRIGHT_DATABASE=/data/a.db
USER 7:8
EXPOSE 8600
HEALTHCHECK --interval=30s CMD [\"/hookwright\", \"health\"]
ENTRYPOINT [\"/hookwright\"]
CMD [\"serve\", \"--listen\", \"0.0.0.0:8600\"]
";

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().copied().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_built_and_what_is_run_is_read() {
        let file = Dockerfile::parse(FILE, &[("IMAGE", "/elsewhere")]).expect("a Dockerfile");
        assert_eq!(file.commands, list(&["cargo install      --root \"$IMAGE\"", "true"]));
        assert_eq!(file.build["PROFILE"], "release");
        assert_eq!(file.build["IMAGE"], "/elsewhere");
        assert_eq!(file.build["RUSTFLAGS"], "-C target-feature=+crt-static");
        let copy = |from: &str, to: &str, owner: Option<&str>| Copy {
            from: from.to_owned(),
            to: to.to_owned(),
            owner: owner.map(str::to_owned),
        };
        let copies =
            [copy("/elsewhere/root", "/", None), copy("/elsewhere/data", "/data", Some("7:8"))];
        assert_eq!(file.copies, copies);
        assert_eq!(file.environment["HOOKWRIGHT_DATABASE"], "/data/a.db");
        assert_eq!(file.user, "7:8");
        assert_eq!(file.entrypoint, list(&["/hookwright"]));
        assert_eq!(file.command, list(&["serve", "--listen", "0.0.0.0:8600"]));
        assert_eq!(file.health, list(&["/hookwright", "health"]));
    }

    #[test]
    fn what_would_be_done_otherwise_here_is_refused() {
        for line in ["RUN true", "SHELL [\"bash\"]", "COPY a b", "CMD serve", "ENV A"] {
            let failure = Dockerfile::parse(&format!("FROM a\nFROM b\n{line}\n"), &[]).unwrap_err();
            assert!(failure.to_string().contains(line), "{failure}");
        }
    }

    #[test]
    fn the_projects_own_file_is_understood() {
        let text = include_str!("../../../packaging/Dockerfile");
        let file = Dockerfile::parse(text, &[]).expect("a Dockerfile");
        assert!(file.commands.iter().any(|command| command.starts_with("cargo install --locked")));
        let id = file.user.split(':').next().and_then(|id| id.parse::<u32>().ok());
        assert!(id.is_some_and(|id| id > 0), "not root, and a number: {}", file.user);
    }
}
