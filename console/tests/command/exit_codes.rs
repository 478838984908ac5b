//! Each exit code means what `--help` says of it.

use hookwright::schemars::JsonSchema;
use hookwright::{Catalog, WebhookObject};

use crate::program::{Ended, Folder, PERSON, answering};

#[derive(serde::Serialize, WebhookObject, JsonSchema)]
#[schemars(crate = "hookwright::schemars")]
struct Person {
    id: String,
    email: String,
}

#[track_caller]
fn check(ended: &Ended, code: i32, says: &str) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains(says), "no `{says}`: {ended:?}");
}

#[test]
fn the_help_lists_them() {
    let folder = Folder::new();
    let help = folder.run(&["--help"]);
    check(&help, 0, "Exit codes:");
    for line in ["0    it is done", "2    wrong usage", "130  ended by Ctrl-C"] {
        check(&help, 0, line);
    }
}

#[test]
fn what_holds_for_every_command_has_a_place_of_its_own_in_the_help() {
    let folder = Folder::new();
    for arguments in [&["--help"][..], &["send", "--help"], &["webhooks", "create", "--help"]] {
        let help = folder.run(arguments);
        check(&help, 0, "Global options:");
        let (own, global) = help.stdout.split_once("Global options:").unwrap();
        for flag in ["--database <", "--server <", "--key <", "--config <", "--json"] {
            assert!(global.contains(flag) && !own.contains(flag), "{flag}: {help:?}");
        }
        assert!(own.contains("--help"), "{help:?}");
    }
}

#[test]
fn the_readme_says_of_them_what_the_help_says() {
    let help = Folder::new().run(&["--help"]).stdout;
    let rows = include_str!("../../README.md").lines().skip_while(|line| *line != "### Exit codes");
    let rows = rows.filter_map(|row| row.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    let rows: Vec<_> = rows.filter(|(code, _)| code.parse::<u8>().is_ok()).collect();
    assert_eq!(rows.len(), 7);
    for (code, meaning) in rows {
        assert!(help.contains(&format!("\n  {code:<4} {meaning}\n")), "{code}: {help}");
    }
}

#[test]
fn what_cannot_be_is_wrong_usage() {
    let folder = Folder::new();
    folder.write("wrong.toml", "databse = 'x'\n");
    check(&folder.run(&["webhoks"]), 2, "webhooks");
    check(&folder.run(&["--server", "ftp://a", "--key", "k", "webhooks", "list"]), 2, "http");
    check(&folder.run(&["--server", "https://a", "webhooks", "list"]), 2, "HOOKWRIGHT_KEY");
    check(&folder.run(&["--server", "http://a", "--key", "k", "webhooks", "list"]), 2, "https://");
    check(
        &folder.run(&["--server", "http://a", "--database", "b", "webhooks", "list"]),
        2,
        "--database",
    );
    check(&folder.run(&["--server", "http://a", "migrate"]), 2, "--database");
    let allowed =
        ["--server", "https://a", "webhooks", "create", "http://b", "--allow", "10.0.0.0/8"];
    check(&folder.run(&allowed), 2, "--allow");
    check(&folder.run(&["--config", "wrong.toml", "config"]), 2, "databse");
    check(&folder.run(&["--config", "none.toml", "config"]), 2, "none.toml");
    check(&folder.run(&["replay", "x", "--since", "yesterday"]), 2, "24h");
    check(&folder.run(&["send", "none.json"]), 2, "none.json");
    check(&folder.run_with(&["send"], "{\n\"event\":"), 2, "line 2");
    check(&folder.run(&["verify", "none"]), 2, "HOOKWRIGHT_SECRET");
    for format in ["twenty", "cloudevents", "standrad", "{", "[]"] {
        let arguments = ["webhooks", "create", "https://example.com", "--format", format];
        for example in [r#"{"twenty":{"workspaceId":"#, r#"{"cloudevents":{"source":"#] {
            check(&folder.run(&arguments), 2, example);
            check(&folder.run(&["webhooks", "create", "--help"]), 0, example);
        }
    }
}

#[test]
fn what_was_typed_wrong_is_told_with_what_to_write() {
    let folder = Folder::new();
    let create = ["webhooks", "create", "https://example.com"];
    for (arguments, says) in [
        (&["serve", "--allow", "abc"][..], "write a network such as 127.0.0.0/8"),
        (&["dispatch", "--allow", "10.0.0.0/33"], "write a network such as 127.0.0.0/8"),
        (&[&create[..], &["--allow", "localhost"]].concat(), "write a network"),
        (&[&create[..], &["--rate-limit", "0"]].concat(), "write a whole number, 1 or more"),
        (&["recover", "x", "--since", "1h", "--per-second", "0"], "write a whole number"),
        (&["serve", "--listen", "8600"], "write an address and a port, such as 127.0.0.1:8600"),
        (&["listen", "--forward", "localhost"], "write a URL such as http://"),
        (&["doctor", "--probe", "example.com"], "write a URL such as http://"),
        (&["--server", "hooks", "--key", "k", "keys", "list"], "takes a URL of http or https"),
    ] {
        check(&folder.run(arguments), 2, says);
    }
    for (name, value, says) in [
        ("HOOKWRIGHT_ALLOW", "abc", "HOOKWRIGHT_ALLOW, is `abc`: write a network such as"),
        ("HOOKWRIGHT_LISTEN", ":8600", "write an address and a port"),
        ("HOOKWRIGHT_BEHIND_PROXY", "yes", "write true or false"),
    ] {
        check(&Ended::of(folder.command(&["serve"]).env(name, value)), 2, says);
    }
    let allowed = folder.json(&["config", "--allow", "127.0.0.1", "--allow", "::1"]);
    assert_eq!(allowed["allow"]["value"], "127.0.0.1/32,::1/128");
}

#[test]
fn what_is_not_there_is_not_found() {
    let folder = Folder::new();
    check(&folder.run(&["webhooks", "list"]), 3, "`hookwright serve` makes it");
    assert!(!folder.path("hookwright.db").exists(), "nothing was made");
    let named = folder.run(&["--database", "missing.db", "webhooks", "list"]);
    check(&named, 3, "`hookwright --database missing.db migrate` makes it");
    folder.json(&["migrate"]);
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    check(&folder.run(&["webhooks", "show", id]), 3, "no such");
    check(&folder.run(&["webhooks", "show", "../keys"]), 3, "no such");
    check(&folder.run(&["deliveries", "show", &format!("{id}:{id}")]), 3, "no such");
    check(&folder.run(&["keys", "revoke", id]), 3, "no such");
    check(&folder.run(&["catalog", "diff", "a.lock", "b.lock"]), 3, "a.lock");
}

#[test]
fn what_is_not_taken_is_refused() {
    let folder = Folder::new();
    let wrong = folder.run(&[
        "webhooks",
        "create",
        "https://example.com",
        "--event",
        "a b",
        "--secret",
        "short",
    ]);
    check(&wrong, 4, "operations:");
    check(&wrong, 4, "secret:");
    check(&folder.run_with(&["send"], r#"{"event":"person created","data":{}}"#), 4, "event");
    for (event, says) in [
        (r#"{"event":"person.created"}"#, "the event was not taken: `data` is missing: write {"),
        (r#"{"data":{}}"#, "the event was not taken: `event` is missing: write {"),
        ("[]", "the event was not taken: it is no object: write {"),
        (r#"{"event":"a.b","data":{},"timestamp":"x"}"#, "write it as 2025-02-10T15:30:50Z"),
    ] {
        check(&folder.run_with(&["send"], event), 4, says);
    }
    let json =
        folder.run(&["webhooks", "create", "https://example.com", "--event", "a b", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&json.stderr).unwrap();
    assert_eq!((&told["exit"], &told["errors"][0]["field"]), (&4.into(), &"operations".into()));
}

#[test]
fn what_to_allow_is_said_of_an_address_that_could_be() {
    let folder = Folder::new();
    for (url, is_said) in [
        ("http://127.0.0.1:9", true),
        ("https://10.0.0.5", true),
        ("https://169.254.169.254", false),
        ("ftp://127.0.0.1", false),
        ("no url", false),
    ] {
        let arguments = ["webhooks", "create", url, "--allow", "192.168.0.0/16"];
        let refused = folder.run(&arguments);
        check(&refused, 4, "error: ");
        assert_eq!(refused.stderr.contains("--allow"), is_said, "{url}: {refused:?}");
    }
}

#[test]
fn formats_are_named_or_an_object() {
    let folder = Folder::new();
    for (format, told) in [
        ("documented", "documented"),
        ("standard", "standard"),
        (r#"{"twenty":{"workspaceId":"a"}}"#, "twenty"),
        (r#"{"cloudevents":{"source":"https://crm.example.com"}}"#, "cloudevents"),
    ] {
        let arguments = ["webhooks", "create", "https://example.com", "--format", format];
        check(&folder.run(&arguments), 0, told);
    }
}

#[test]
fn an_event_is_looked_at_by_the_catalogue_that_is_set() {
    let folder = Folder::new();
    folder.write("catalog.json", Catalog::new().object::<Person>().json_schema());
    let set = |arguments: &[&str]| {
        let mut command = folder.command(arguments);
        command.env("HOOKWRIGHT_CATALOG", "catalog.json");
        command
    };
    folder.write("person.json", PERSON);
    folder.write("deal.json", r#"{"event":"deal.won","data":{"id":"a"}}"#);
    check(&Ended::of(&mut set(&["send", "person.json"])), 0, "emitted as");
    check(&Ended::of(&mut set(&["send", "deal.json"])), 4, "no event deal.won in the catalogue");
    check(&folder.run(&["send", "deal.json"]), 0, "emitted as");
    let webhook = folder.json(&["webhooks", "create", "https://example.com"]);
    let test = ["webhooks", "test", webhook["id"].as_str().unwrap(), "--event", "deal.won"];
    check(&Ended::of(&mut set(&test)), 4, "no event deal.won in the catalogue");
    let mut none = set(&["send", "person.json"]);
    check(&Ended::of(none.env("HOOKWRIGHT_CATALOG", "no.json")), 2, "no.json");
}

#[test]
fn what_a_webhook_wants_is_looked_at_by_the_catalogue_that_is_set() {
    let folder = Folder::new();
    folder.write("catalog.json", Catalog::new().object::<Person>().json_schema());
    let wanting = |events: &str| {
        let mut command = folder.command(&["webhooks", "create", "https://example.com", "--event"]);
        Ended::of(command.arg(events).env("HOOKWRIGHT_CATALOG", "catalog.json"))
    };
    check(&wanting("person.created"), 0, "person.created");
    check(&wanting("persn.created"), 4, "did you mean `person.created`?");
}

#[test]
fn what_does_not_answer_is_out_of_reach() {
    let folder = Folder::new();
    let server = ["--server", "http://127.0.0.1:9", "--key", "hwk_none", "webhooks", "list"];
    let unreachable = folder.run(&server);
    check(&unreachable, 5, "127.0.0.1:9");
    assert!(!unreachable.stderr.contains("hwk_none"));
    folder.write("text.db", "this is not a database, but a text that is long enough to be read");
    check(&folder.run(&["--database", "text.db", "webhooks", "list"]), 5, "not a database");
}

#[test]
fn a_test_that_is_not_acknowledged_has_failed() {
    let folder = Folder::new();
    let webhook = folder.json(&["webhooks", "create", "http://127.0.0.1:9"]);
    let id = webhook["id"].as_str().unwrap();
    check(&folder.run(&["webhooks", "test", id]), 1, "the address is refused");
    folder.run_with(&["send"], PERSON);
    let allow = |url: &str, says: &str| {
        folder.json(&["webhooks", "update", id, "--url", url]);
        let mut command = folder.command(&["webhooks", "test", id]);
        let ended = Ended::of(command.env("HOOKWRIGHT_ALLOW", "127.0.0.0/8"));
        check(&ended, 1, says);
    };
    allow("http://127.0.0.1:9", "no connection");
    for status in ["418", "500"] {
        let (_listener, url) = folder.listen(&["--status", status]);
        allow(&url, &format!("answered with {status}"));
    }
}

#[test]
fn a_catalogue_that_breaks_receivers_has_failed() {
    let folder = Folder::new();
    let lock = |events: &str| {
        format!(
            r#"{{"version":1,"events":{{{events}}},"sent":{{"Person":{{"type":"object"}}}},"read":{{"Person":{{"type":"object"}}}}}}"#
        )
    };
    folder.write("old.lock", lock(r#""person.created":"Person","person.deleted":"Person""#));
    folder.write("new.lock", lock(r#""person.created":"Person","person.merged":"Person""#));
    folder.write("no.lock", "{}");
    let broken = folder.run(&["catalog", "diff", "old.lock", "new.lock"]);
    check(&broken, 1, "breaks person.deleted: the event was removed");
    check(&broken, 1, "added  person.merged");
    let broken = folder.run(&["catalog", "diff", "old.lock", "new.lock", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&broken.stdout).unwrap();
    assert_eq!(told["breaks"][0]["events"][0], "person.deleted");
    check(&folder.run(&["catalog", "diff", "old.lock", "old.lock"]), 0, "same");
    check(&folder.run(&["catalog", "diff", "old.lock", "no.lock"]), 2, "no.lock");
}

#[test]
fn a_request_that_cannot_be_shown_is_no_deleted_webhook() {
    let folder = Folder::new();
    for (status, code) in [("404 Not Found", 0), ("503 Service Unavailable", 5)] {
        let server = answering(move |line| {
            let (status, body) = match line {
                line if line.contains("/request ") => (status, r#"{"detail":"it is not there"}"#),
                line if line.contains("/attempts") => ("200 OK", r#"{"data":[]}"#),
                _ => ("200 OK", r#"{"id":"a:b","event":"person.created"}"#),
            };
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}");
            format!("{head}\r\n\r\n{body}").into_bytes()
        });
        let show = ["deliveries", "show", "a:b", "--server", &server, "--key", "hwk_key"];
        check(&folder.run(&show), code, if code == 0 { "person.created" } else { "not there" });
    }
}
