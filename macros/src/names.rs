//! Names on the wire: pure functions of text.

/// A Rust type name in camelCase, as Twenty names its objects: `CalendarEvent` is
/// `calendarEvent`, `SMSMessage` is `smsMessage`.
pub(crate) fn camel_case(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for (index, word) in words(text).into_iter().enumerate() {
        let mut letters = word.chars();
        if index > 0 {
            name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        }
        name.extend(letters.flat_map(char::to_lowercase));
    }
    name
}

/// Splits at everything that is no letter or digit, before a capital that follows a small letter
/// or a digit, and before the last capital of a run of them.
fn words(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut words = vec![String::new()];
    for (index, &letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let previous = index.checked_sub(1).map(|before| letters[before]);
        let next_is_small = letters.get(index + 1).is_some_and(|next| next.is_lowercase());
        let starts_a_word = letter.is_uppercase()
            && previous.is_some_and(|previous| !previous.is_uppercase() || next_is_small);
        if starts_a_word {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(letter);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether `name` can stand in an event's name: a letter, then letters, digits and `_`, all ASCII.
pub(crate) fn is_webhook_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The word that was probably meant: the nearest of `known`, when at most a third of the letters
/// differ, or else the one that `word` is a longer form of, as `skipped` is of `skip`.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let (distance, nearest) =
        known.iter().map(|candidate| (edit_distance(word, candidate), *candidate)).min()?;
    let allowed = (word.chars().count().max(nearest.len()) / 3).max(1);
    if distance <= allowed {
        return Some(nearest);
    }
    let is_stem = |candidate: &&str| {
        word.strip_prefix(candidate).is_some_and(|ending| ending.chars().all(char::is_alphabetic))
    };
    known.iter().copied().filter(is_stem).max()
}

/// How many letters must be put in, taken out, changed or swapped with their neighbour.
fn edit_distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows = vec![(0..=to.len()).collect::<Vec<usize>>()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let changed = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

/// The rules of serde's `rename_all` for the fields of a struct.
///
/// The names are those of <https://serde.rs/container-attrs.html#rename_all>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RenameRule {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl RenameRule {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "lowercase" => Self::Lower,
            "UPPERCASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "snake_case" => Self::Snake,
            "SCREAMING_SNAKE_CASE" => Self::ScreamingSnake,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::ScreamingKebab,
            _ => return None,
        })
    }

    /// The name on the wire of the field `field`.
    pub(crate) fn apply(self, field: &str) -> String {
        match self {
            Self::Lower | Self::Snake => field.to_owned(),
            Self::Upper | Self::ScreamingSnake => field.to_ascii_uppercase(),
            Self::Pascal => pascal_case(field),
            Self::Camel => {
                let pascal = pascal_case(field);
                let mut letters = pascal.chars();
                let first = letters.next().map(|first| first.to_ascii_lowercase());
                first.into_iter().chain(letters).collect()
            }
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingKebab => field.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

/// As serde does it: the first letter of each part between underscores is raised, the others stay.
fn pascal_case(field: &str) -> String {
    field.split('_').flat_map(raise_first).collect()
}

fn raise_first(word: &str) -> impl Iterator<Item = char> {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters)
}
