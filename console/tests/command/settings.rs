//! Flags, environment and file.

use crate::program::{Ended, Folder};

#[test]
fn what_is_in_force_is_told_and_from_where() {
    let folder = Folder::new();
    folder.write(
        "hookwright.toml",
        "database = 'postgres://crm:pass-word@db/crm'\nkey = 'hwk_key'\nlisten = '127.0.0.1:1'\nallow = ['10.0.0.0/8']\n",
    );
    let mut command = folder.command(&["config", "--json", "--listen", "127.0.0.1:2"]);
    let ended = Ended::of(
        command.env("HOOKWRIGHT_HOST", "a.example, b.example").env("HOOKWRIGHT_SECRET", "se-cret"),
    );
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(told["listen"], serde_json::json!({"value": "127.0.0.1:2", "from": "flag"}));
    assert_eq!(told["host"]["value"], "a.example,b.example");
    assert_eq!(told["host"]["from"], "HOOKWRIGHT_HOST");
    assert_eq!(told["allow"]["from"], "hookwright.toml");
    assert_eq!(told["behind-proxy"]["from"], "default");
    assert_eq!(told["database"]["value"], "postgres://crm:hidden@db/crm");
    for secret in ["pass-word", "hwk_key", "se-cret"] {
        assert!(!ended.stdout.contains(secret), "{ended:?}");
    }
    // What is set nearer counts: the file's database does not.
    let server = folder.json(&["config", "--server", "http://localhost:1"]);
    assert_eq!(server["server"]["from"], "flag");
    assert!(server["database"]["from"].as_str().unwrap().ends_with("not used"), "{server}");
}

#[test]
fn a_variable_that_sets_nothing_is_told() {
    let folder = Folder::new();
    let mut command = folder.command(&["config", "--json"]);
    let set = [
        ("HOOKWRIGHT_DATABSE", "crm.db"),
        ("HOOKWRIGHT_MASTER_KEY", "a"),
        ("HOOKWRIGHT_HOST", "b"),
    ];
    let ended = Ended::of(command.envs(set));
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(told["HOOKWRIGHT_DATABSE"]["from"], "environment, not known");
    assert!(!ended.stdout.contains("crm.db"), "{ended:?}");
    let unknown = told.as_object().unwrap().keys().filter(|name| name.starts_with("HOOK"));
    assert_eq!(unknown.count(), 1, "{told}");
}

#[test]
fn what_no_command_would_take_is_not_in_force() {
    let folder = Folder::new();
    for (name, value) in [
        ("HOOKWRIGHT_ALLOW", "foo"),
        ("HOOKWRIGHT_BEHIND_PROXY", "maybe"),
        ("HOOKWRIGHT_LISTEN", "8600"),
        ("HOOKWRIGHT_SERVER", "http://hooks.example.com"),
    ] {
        let ended = Ended::of(folder.command(&["config"]).env(name, value));
        assert_eq!(ended.code, Some(2), "{name}: {ended:?}");
        assert_eq!(ended.stdout, "", "{name}");
    }
}

#[test]
fn a_database_is_named_by_flag_environment_and_file() {
    let folder = Folder::new();
    folder.write("hookwright.toml", "database = 'of-file.db'\n");
    folder.json(&["migrate"]);
    let ended =
        Ended::of(folder.command(&["migrate"]).env("HOOKWRIGHT_DATABASE", "of-environment.db"));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let mut command = folder.command(&["migrate", "--database", "of-flag.db"]);
    assert_eq!(Ended::of(command.env("HOOKWRIGHT_DATABASE", "never.db")).code, Some(0));
    for (name, is_there) in [
        ("of-file.db", true),
        ("of-environment.db", true),
        ("of-flag.db", true),
        ("never.db", false),
    ] {
        assert_eq!(folder.path(name).exists(), is_there, "{name}");
    }
}

#[test]
fn a_file_that_was_found_does_not_get_the_key_of_the_environment() {
    let folder = Folder::new();
    folder.write("hookwright.toml", "server = 'http://127.0.0.1:9'\n");
    let list = |arguments: &[&str]| {
        let mut command = folder.command(&[arguments, &["webhooks", "list"]].concat());
        Ended::of(command.env("HOOKWRIGHT_KEY", "hwk_mine"))
    };
    let refused = list(&[]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    for word in ["127.0.0.1", "--server", "--config"] {
        assert!(refused.stderr.contains(word), "no {word}: {refused:?}");
    }
    // Nobody listens there.
    for meant in [["--config", "hookwright.toml"], ["--server", "http://127.0.0.1:9"]] {
        assert_eq!(list(&meant).code, Some(5), "{meant:?}");
    }
}

#[test]
fn a_file_that_was_found_does_not_get_the_secret_of_the_environment() {
    let folder = Folder::new();
    folder.write("hookwright.toml", "server = 'http://127.0.0.1:9'\nkey = 'hwk_of_file'\n");
    let run = |arguments: &[&str]| {
        let mut command = folder.command(&[&["webhooks"], arguments].concat());
        Ended::of(command.env("HOOKWRIGHT_SECRET", "a secret of 16 bytes or more"))
    };
    let create = ["create", "https://hooks.example.com"];
    let refused = run(&create);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    for word in ["127.0.0.1", "HOOKWRIGHT_SECRET", "--server", "--config"] {
        assert!(refused.stderr.contains(word), "no {word}: {refused:?}");
    }
    // Nobody listens there: what is meant is sent, and what sends no secret too.
    let meant = ["--config", "hookwright.toml"];
    assert_eq!(run(&[&create[..], &meant].concat()).code, Some(5));
    assert_eq!(run(&["list"]).code, Some(5));
}

#[test]
fn shells_can_complete() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = folder.run(&["completions", shell]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stdout.contains("deliveries"), "{shell}");
    }
}
