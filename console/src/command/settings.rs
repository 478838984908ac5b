//! What is set, and where: by flags, by the environment, by a file, in this order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fmt, fs};

use serde::Deserialize;

use super::failure::Failure;
use super::typed::{self, Typed};

/// The file that is read when it is there, and no other is named.
const FILE: &str = "hookwright.toml";
/// The database that is used when nothing else is said.
pub(super) const DATABASE: &str = "hookwright.db";

/// The settings that there are. Each is a flag, `HOOKWRIGHT_…` in the environment, and a key of the
/// file.
pub(super) const NAMES: [&str; 11] = [
    "database",
    "server",
    "key",
    "secret",
    "listen",
    "allow",
    "host",
    "behind-proxy",
    "tls-cert",
    "tls-key",
    "catalog",
];

/// Where a setting comes from, the nearest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    Flag,
    Environment(String),
    File(PathBuf),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => formatter.write_str("flag"),
            Self::Environment(name) => formatter.write_str(name),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// What one place sets: one value or several, by the setting's name.
pub(super) type Values = BTreeMap<&'static str, Vec<String>>;

/// What is set, and where.
#[derive(Debug)]
pub(super) struct Settings {
    places: Vec<Place>,
    /// Whether somebody named the file, which was found in this directory otherwise.
    is_file_named: bool,
}

#[derive(Debug)]
struct Place {
    values: Values,
    origin: fn(&'static str, &Path) -> Origin,
    path: PathBuf,
}

impl Settings {
    /// Reads the environment, and the file that is named, or the usual one where it is there.
    pub(super) fn read(flags: Values, file: Option<&Path>) -> Result<Self, Failure> {
        let named = file.map(Path::to_owned).or_else(|| {
            env::var_os("HOOKWRIGHT_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from)
        });
        let path = named.clone().unwrap_or_else(|| PathBuf::from(FILE));
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {
                String::new()
            }
            Err(error) => {
                let path = path.display();
                return Err(Failure::usage(format!("`{path}` cannot be read: {error}")));
            }
        };
        let file = read_file(&text)
            .map_err(|problem| Failure::usage(format!("`{}`: {problem}", path.display())))?;
        let settings = Self::of(flags, environment(|name| env::var(name).ok()), file, &path);
        Ok(Self { is_file_named: named.is_some(), ..settings })
    }

    pub(super) fn of(flags: Values, environment: Values, file: Values, path: &Path) -> Self {
        let place = |values, origin| Place { values, origin, path: path.to_owned() };
        let places = vec![
            place(flags, |_, _| Origin::Flag),
            place(environment, |name, _| Origin::Environment(variable(name))),
            place(file, |_, path| Origin::File(path.to_owned())),
        ];
        Self { places, is_file_named: false }
    }

    /// All values of a setting, and where they come from.
    pub(super) fn all(&self, name: &'static str) -> (&[String], Origin) {
        let found = self.places.iter().find_map(|place| {
            let values = place.values.get(name).filter(|values| !values.is_empty())?;
            Some((values.as_slice(), (place.origin)(name, &place.path)))
        });
        found.unwrap_or((&[], Origin::Default))
    }

    /// The value of a setting.
    pub(super) fn one(&self, name: &'static str) -> Option<&str> {
        self.all(name).0.first().map(String::as_str)
    }

    /// The value of a setting, as what it stands for.
    pub(super) fn parsed<T: Typed>(&self, name: &'static str) -> Result<Option<T>, Failure> {
        Ok(self.list(name)?.into_iter().next())
    }

    /// The values of a setting, as what they stand for.
    pub(super) fn list<T: Typed>(&self, name: &'static str) -> Result<Vec<T>, Failure> {
        let (values, origin) = self.all(name);
        let read = |value: &String| {
            typed::read(value).map_err(|help| {
                Failure::usage(format!("`{name}`, set by {origin}, is `{value}`: {help}"))
            })
        };
        values.iter().map(read).collect()
    }

    /// What the file of the catalogue holds.
    pub(super) fn catalog(&self) -> Result<Option<String>, Failure> {
        let Some(path) = self.one("catalog") else {
            return Ok(None);
        };
        let read = fs::read_to_string(path);
        read.map(Some).map_err(|error| Failure::usage(format!("`{path}` cannot be read: {error}")))
    }

    /// What a command works on: of database and server the one that is set nearer.
    pub(super) fn target(&self) -> Result<Target<'_>, Failure> {
        let place = |name| match self.all(name).1 {
            Origin::Flag => 0,
            Origin::Environment(_) => 1,
            Origin::File(_) => 2,
            Origin::Default => 3,
        };
        let (database, server) = (place("database"), place("server"));
        match (self.one("database"), self.one("server")) {
            (_, Some(server_url)) if server < database => Ok(Target::Server(server_url)),
            (Some(_), Some(_)) if server == database => {
                Err(Failure::usage("a database and a server are set: name one of the two"))
            }
            (Some(path), _) => Ok(Target::Database(path)),
            (None, Some(server_url)) => Ok(Target::Server(server_url)),
            (None, None) => Ok(Target::Database(DATABASE)),
        }
    }

    /// Refuses to let a setting of the environment go to a server which a file names that was found in
    /// this directory, and may be anybody's.
    pub(super) fn refuse_lure(&self, name: &'static str) -> Result<(), Failure> {
        let is_found = !self.is_file_named && matches!(self.all("server").1, Origin::File(_));
        match (self.target()?, self.all(name).1) {
            (Target::Server(url), Origin::Environment(variable)) if is_found => {
                Err(Failure::usage(format!(
                    "a {FILE} in this directory names the server {url}, which would get the {name} of {variable}: where that is meant, name the server by --server or HOOKWRIGHT_SERVER, or the file by --config"
                )))
            }
            _ => Ok(()),
        }
    }
}

/// What a command works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target<'a> {
    Database(&'a str),
    Server(&'a str),
}

/// The variables beside those of [`NAMES`].
pub(super) const VARIABLES: [&str; 3] =
    ["HOOKWRIGHT_CONFIG", "HOOKWRIGHT_MASTER_KEY", "HOOKWRIGHT_MASTER_KEY_FILE"];

/// The variables that are named as if they set something, and do not.
pub(super) fn unknown_variables() -> Vec<String> {
    let known: Vec<String> =
        NAMES.into_iter().map(variable).chain(VARIABLES.map(str::to_owned)).collect();
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut unknown: Vec<String> =
        names.filter(|name| name.starts_with("HOOKWRIGHT_") && !known.contains(name)).collect();
    unknown.sort_unstable();
    unknown
}

fn variable(name: &str) -> String {
    format!("HOOKWRIGHT_{}", name.to_ascii_uppercase().replace('-', "_"))
}

fn environment(read: impl Fn(&str) -> Option<String>) -> Values {
    let one = |name: &'static str| {
        let text = read(&variable(name)).filter(|text| !text.is_empty())?;
        let values = match name {
            "allow" | "host" => text.split(',').map(|part| part.trim().to_owned()).collect(),
            _ => vec![text],
        };
        Some((name, values))
    };
    NAMES.into_iter().filter_map(one).collect()
}

/// The keys of the file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    database: Option<String>,
    server: Option<String>,
    key: Option<String>,
    secret: Option<Several>,
    listen: Option<String>,
    allow: Option<Several>,
    host: Option<Several>,
    behind_proxy: Option<bool>,
    tls_cert: Option<String>,
    tls_key: Option<String>,
    catalog: Option<String>,
}

/// One text, or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Several {
    One(String),
    Many(Vec<String>),
}

fn read_file(text: &str) -> Result<Values, String> {
    let file: File = toml::from_str(text).map_err(|error| {
        // Not the line itself, which may hold a key.
        let start = error.span().map_or(0, |span| span.start);
        let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        format!("line {line}: {}", error.message())
    })?;
    let one = |value: Option<String>| value.into_iter().collect();
    let several = |values: Option<Several>| match values {
        Some(Several::One(value)) => vec![value],
        Some(Several::Many(values)) => values,
        None => Vec::new(),
    };
    Ok(Values::from([
        ("database", one(file.database)),
        ("server", one(file.server)),
        ("key", one(file.key)),
        ("secret", several(file.secret)),
        ("listen", one(file.listen)),
        ("allow", several(file.allow)),
        ("host", several(file.host)),
        ("behind-proxy", one(file.behind_proxy.map(|value| value.to_string()))),
        ("tls-cert", one(file.tls_cert)),
        ("tls-key", one(file.tls_key)),
        ("catalog", one(file.catalog)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(
        flags: &[(&'static str, &str)],
        variables: &[(&str, &str)],
        file: &str,
    ) -> Settings {
        let flags = flags.iter().map(|(name, value)| (*name, vec![(*value).to_owned()])).collect();
        let read = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Settings::of(flags, environment(read), read_file(file).unwrap(), Path::new(FILE))
    }

    #[test]
    fn a_flag_comes_before_the_environment_and_that_before_the_file() {
        let file = "listen = \"127.0.0.1:3\"\nallow = [\"10.0.0.0/8\"]\nbehind-proxy = true";
        let variables = [("HOOKWRIGHT_LISTEN", "127.0.0.1:2"), ("HOOKWRIGHT_ALLOW", "")];
        let all = settings(&[("listen", "127.0.0.1:1")], &variables, file);
        assert_eq!(all.all("listen"), (&["127.0.0.1:1".to_owned()][..], Origin::Flag));
        assert_eq!(settings(&[], &variables, file).one("listen"), Some("127.0.0.1:2"));
        assert_eq!(settings(&[], &[], file).all("listen").1, Origin::File(FILE.into()));
        assert_eq!(all.list::<hookwright::IpNet>("allow").unwrap().len(), 1);
        assert_eq!(all.parsed::<bool>("behind-proxy").unwrap(), Some(true));
        assert_eq!(all.all("database"), (&[][..], Origin::Default));
    }

    #[test]
    fn of_database_and_server_the_nearer_one_counts() {
        let file = "database = \"file.db\"";
        let variables = [("HOOKWRIGHT_SERVER", "http://localhost:1")];
        assert_eq!(settings(&[], &[], "").target().unwrap(), Target::Database(DATABASE));
        assert_eq!(settings(&[], &[], file).target().unwrap(), Target::Database("file.db"));
        let server = Target::Server("http://localhost:1");
        assert_eq!(settings(&[], &variables, file).target().unwrap(), server);
        let flag = [("database", "flag.db")];
        assert_eq!(settings(&flag, &variables, "").target().unwrap(), Target::Database("flag.db"));
        let both = [("HOOKWRIGHT_SERVER", "http://a"), ("HOOKWRIGHT_DATABASE", "b")];
        assert!(settings(&[], &both, "").target().is_err());
    }

    #[test]
    fn a_file_that_was_found_does_not_get_what_is_secret_in_the_environment() {
        let file = "server = \"https://elsewhere.example\"";
        let own = format!("{file}\nkey = \"hwk_of_file\"");
        let key = [("HOOKWRIGHT_KEY", "hwk_mine")];
        let both = [("HOOKWRIGHT_KEY", "hwk_mine"), ("HOOKWRIGHT_SERVER", "https://mine.example")];
        let lures = |settings: &Settings, name| settings.refuse_lure(name).is_err();
        let found = settings(&[], &key, file);
        assert!(lures(&found, "key") && !lures(&found, "secret"));
        assert!(lures(&settings(&[], &key, &own), "key"));
        assert!(!lures(&Settings { is_file_named: true, ..found }, "key"));
        assert!(!lures(&settings(&[], &[], &own), "key"));
        assert!(!lures(&settings(&[], &both, file), "key"));
        assert!(!lures(&settings(&[("server", "https://mine.example")], &key, file), "key"));
        assert!(!lures(&settings(&[("key", "hwk_mine")], &key, file), "key"));
        let secret = [("HOOKWRIGHT_SECRET", "mine")];
        assert!(lures(&settings(&[], &secret, &own), "secret"));
        assert!(!lures(&settings(&[("secret", "mine")], &secret, &own), "secret"));
        assert!(!lures(&settings(&[("database", "a.db")], &secret, &own), "secret"));
    }

    #[test]
    fn a_wrong_file_is_told_without_what_it_holds() {
        let problem = read_file("database = \"a\"\nkey = \"hwk_secret\" x").unwrap_err();
        assert!(problem.starts_with("line 2: "), "{problem}");
        assert!(!problem.contains("hwk_secret"), "{problem}");
        assert!(read_file("databse = \"a\"").unwrap_err().contains("databse"));
    }
}
