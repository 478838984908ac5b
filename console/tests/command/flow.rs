//! From a webhook to what it received, and again.

use hookwright::{Dispatcher, Outbox, Sender};
use serde_json::Value;

use crate::program::{Folder, PERSON, eventually};

#[test]
fn what_is_sent_is_served_verified_and_listed() {
    let folder = Folder::new();
    folder.write("person.json", PERSON);
    let (_server, told) = folder.serve();
    assert!(told["url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{told}");
    assert!(told["key"].as_str().unwrap().starts_with("hwk_"), "{told}");

    let secret = "a secret of 16 bytes or more";
    let (listener, url) = folder.listen(&["--secret", secret]);
    let webhook = folder.json(&["webhooks", "create", &url, "--secret", secret]);
    assert_eq!(webhook["secret"], secret);
    let sent = folder.json(&["send", "person.json"]);

    let received = listener.json();
    assert_eq!(received["verified"], true, "{received}");
    assert_eq!(received["headers"]["webhook-id"], sent["id"]);
    assert_eq!(received["body"]["data"]["email"], "alice@example.com");
    assert_eq!(received["status"], 204);

    let delivery = eventually("it is noted as delivered", || {
        let page = folder.json(&["deliveries", "list", "--state", "delivered"]);
        page["data"].get(0).cloned()
    });
    let id = delivery["id"].as_str().unwrap();
    let shown = folder.json(&["deliveries", "show", id]);
    assert_eq!(shown["attempts"][0]["status"], 204);
    assert!(shown["request"]["body"].as_str().is_some_and(|body| body.contains("\"data\":")));

    folder.json(&["deliveries", "resend", id]);
    assert_eq!(listener.json()["headers"]["webhook-id"], sent["id"]);
    let id = webhook["id"].as_str().unwrap();
    assert_eq!(folder.json(&["webhooks", "test", id])["outcome"], "delivered");
    assert_eq!(listener.json()["body"]["event"], "webhook.test");
    let replay = folder.json(&["replay", id, "--since", "1h"]);
    assert_eq!((&replay["state"], &replay["queued"]), (&"done".into(), &1.into()));
    assert_eq!(listener.json()["headers"]["webhook-id"], sent["id"]);
}

#[test]
fn a_server_does_what_a_database_does() {
    let folder = Folder::new();
    let (_server, told) = folder.serve();
    let (url, key) = (told["url"].as_str().unwrap(), told["key"].as_str().unwrap());
    let (listener, hook) = folder.listen(&[]);
    let elsewhere = Folder::new();
    let on_server = |arguments: &[&str]| -> Value {
        elsewhere.json(&[&["--server", url, "--key", key], arguments].concat())
    };
    let webhook = on_server(&["webhooks", "create", &hook, "--event", "person.*"]);
    let id = webhook["id"].as_str().unwrap();
    assert_eq!(webhook["operations"], serde_json::json!(["person.*"]));
    assert_eq!(folder.json(&["webhooks", "show", id])["targetUrl"], webhook["targetUrl"]);

    let changed = on_server(&[
        "webhooks",
        "update",
        id,
        "--description",
        "for tests",
        "--rate-limit",
        "5",
        "--header",
        "X-A: b",
    ]);
    assert_eq!(changed["rateLimit"], 5);
    assert_eq!(changed["headers"]["x-a"], "[hidden]");
    let changed = on_server(&[
        "webhooks",
        "update",
        id,
        "--no-rate-limit",
        "--remove-header",
        "X-A",
        "--pause",
    ]);
    assert_eq!((&changed["rateLimit"], &changed["enabled"]), (&Value::Null, &false.into()));
    assert_eq!(changed["headers"], serde_json::json!({}));
    on_server(&["webhooks", "update", id, "--enable"]);
    let rotated = on_server(&["webhooks", "rotate", id]);
    assert_ne!(rotated["secret"], webhook["secret"]);

    let input = PERSON;
    let sent = elsewhere.run_with(&["--server", url, "--key", key, "send"], input);
    assert_eq!(sent.code, Some(0), "{sent:?}");
    assert_eq!(listener.json()["body"]["event"], "person.created");

    let made = on_server(&["keys", "create", "reader", "--scope", "read", "--expires", "1d"]);
    let (reader, reader_id) = (made["token"].as_str().unwrap(), made["id"].as_str().unwrap());
    let as_reader = ["--server", url, "--key", reader];
    let listed = elsewhere.run(&[&as_reader[..], &["webhooks", "list"]].concat());
    assert_eq!(listed.code, Some(0), "{listed:?}");
    let refused = elsewhere.run(&[&as_reader[..], &["webhooks", "delete", id]].concat());
    assert_eq!(refused.code, Some(4), "{refused:?}");
    on_server(&["keys", "revoke", reader_id]);
    let revoked = elsewhere.run(&[&as_reader[..], &["webhooks", "list"]].concat());
    assert_eq!(revoked.code, Some(4), "{revoked:?}");

    on_server(&["webhooks", "delete", id]);
    assert_eq!(on_server(&["webhooks", "list"])["data"], serde_json::json!([]));
    assert_eq!(on_server(&["doctor"])["checks"][0]["state"], "ok");
}

#[test]
fn the_networks_of_a_database_are_known_to_who_makes_webhooks() {
    let folder = Folder::new();
    // Nothing delivers from it yet: nobody can tell.
    let created = folder.run(&["webhooks", "create", "http://127.0.0.1:4040"]);
    assert_eq!(created.code, Some(0), "{created:?}");
    assert!(created.stderr.contains("--allow"), "{created:?}");
    let (_server, _) = folder.serve();
    let second = folder.run(&["dispatch"]);
    assert_eq!(second.code, Some(5), "one dispatcher a file: {second:?}");
    assert_eq!(folder.run(&["webhooks", "create", "http://127.0.0.1:4040"]).code, Some(0));
    let refused = folder.run(&["webhooks", "create", "http://10.0.0.5"]);
    assert_eq!(refused.code, Some(4), "{refused:?}");
    assert!(refused.stderr.contains("10.0.0.5 is in 10.0.0.0/8"), "{refused:?}");
    assert!(refused.stderr.contains("--allow"), "{refused:?}");
    let allowed = folder.run(&["webhooks", "create", "http://10.0.0.5", "--allow", "10.0.0.0/8"]);
    assert_eq!(allowed.code, Some(0));
    assert!(
        allowed.stderr.contains("`dispatch` of this database does not dial that"),
        "{allowed:?}"
    );
    let both = ["webhooks", "create", "http://127.0.0.1:4040", "--allow", "127.0.0.1/32"];
    let both = folder.run(&both);
    assert!(both.code == Some(0) && !both.stderr.contains("--allow"), "{both:?}");
}

#[tokio::test]
async fn an_application_that_delivers_by_a_sender_of_its_own_is_no_failure() {
    let folder = Folder::new();
    let (listener, url) = folder.listen(&[]);
    let created = folder.run(&["webhooks", "create", &url]);
    assert!(created.stderr.contains("Sender::builder().allow"), "{created:?}");
    let doctor = || folder.run(&["doctor"]);
    let unknown = doctor();
    assert_eq!(unknown.code, Some(0), "{unknown:?}");
    assert!(unknown.stdout.contains("warn egress"), "{unknown:?}");
    assert!(unknown.stdout.contains("Sender::builder().allow"), "{unknown:?}");

    let path = folder.path("hookwright.db");
    let outbox = Outbox::sqlite(path.to_str().unwrap()).await.unwrap();
    let sender = Sender::builder().allow("127.0.0.0/8".parse().unwrap()).build().unwrap();
    let dispatcher = Dispatcher::new(outbox).sender(sender).run(std::future::pending());
    let dispatcher = tokio::spawn(dispatcher);
    tokio::task::spawn_blocking(move || {
        folder.run_with(&["send"], PERSON);
        listener.json();
        let known = eventually("the webhook can be reached", || {
            Some(folder.run(&["doctor"])).filter(|doctor| !doctor.stdout.contains("warn"))
        });
        assert!(known.stdout.contains("ok   egress       127.0.0.1:"), "{known:?}");
        // Elsewhere it has acknowledged nothing.
        let page = folder.json(&["webhooks", "list"]);
        let id = page["data"][0]["id"].as_str().unwrap();
        folder.json(&["webhooks", "update", id, "--url", &url.replace("127.0.0.1", "127.0.0.2")]);
        assert!(folder.run(&["doctor"]).stdout.contains("warn egress"));
    })
    .await
    .unwrap();
    dispatcher.abort();
}

#[test]
fn a_list_of_deliveries_tells_what_waits_and_which_time_is_which() {
    let folder = Folder::new();
    let list = |more: &[&str]| folder.run(&[&["deliveries", "list"], more].concat()).stdout;
    let sent = folder.run_with(&["send"], PERSON);
    assert!(sent.stdout.starts_with("emitted as "), "{sent:?}");
    assert_eq!(list(&[]), "no deliveries yet; 1 event waits for a dispatcher\n");
    folder.run_with(&["send"], PERSON);
    let dead = list(&["--state", "dead"]);
    assert_eq!(dead, "no such deliveries; 2 events wait for a dispatcher\n");

    let (_listener, url) = folder.listen(&[]);
    folder.json(&["webhooks", "create", &url, "--allow", "127.0.0.0/8"]);
    folder.json(&["webhooks", "create", "http://127.0.0.1:9", "--allow", "127.0.0.0/8"]);
    let (_server, _) = folder.serve();
    let row = |state: &str| -> Vec<Vec<String>> {
        let rows = eventually(state, || {
            let rows = list(&["--state", state]);
            Some(rows).filter(|rows| rows.lines().count() == 3)
        });
        rows.lines().map(|row| row.split_whitespace().map(str::to_owned).collect()).collect()
    };
    let delivered = row("delivered");
    assert_eq!(delivered[0], ["ID", "EVENT", "STATE", "ATTEMPTS", "DUE", "ENDED"]);
    assert!(delivered[1][4] == "-" && delivered[1][5].ends_with('Z'), "{delivered:?}");
    let pending = row("pending");
    assert!(pending[1][4].ends_with('Z') && pending[1][5] == "-", "{pending:?}");
    let shown = |id: &str| folder.run(&["deliveries", "show", id]).stdout;
    assert!(shown(&delivered[1][0]).contains("\nended     20"));
    assert!(shown(&pending[1][0]).contains("\ndue       20"));
}

#[test]
fn texts_of_customers_do_nothing_to_a_terminal() {
    let folder = Folder::new();
    let text = "\x1b[2J\u{9b}1m\u{202e}\r\nover";
    let created = folder.run(&["webhooks", "create", "https://example.com", "--description", text]);
    let listed = folder.run(&["webhooks", "list"]);
    let json = folder.run(&["webhooks", "list", "--json"]);
    for ended in [&created, &listed, &json] {
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let shown = format!("{}{}", ended.stdout, ended.stderr);
        let obeyed = |character: char| {
            character != '\n' && (character.is_control() || character == '\u{202e}')
        };
        assert!(!shown.contains(obeyed), "{ended:?}");
    }
    assert_eq!(listed.stdout.lines().count(), 2, "{listed:?}");
    let page: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(page["data"][0]["description"], text);
}

#[test]
fn what_has_died_is_recovered() {
    let folder = Folder::new();
    let created = folder.json(&["webhooks", "create", "http://127.0.0.1:9"]);
    let id = created["id"].as_str().unwrap();
    folder.run_with(&["send"], PERSON);
    let recovery = folder.json(&["recover", id, "--since", "1h", "--detach"]);
    assert_eq!((&recovery["kind"], &recovery["state"]), (&"recovery".into(), &"running".into()));
    // The same, since it covers what is asked for.
    let again = folder.json(&["recover", id, "--since", "30m", "--detach"]);
    assert_eq!(again["id"], recovery["id"]);
    let replay = recovery["id"].as_str().unwrap();
    let cancelled = folder.json(&["replays", "cancel", id, replay]);
    assert_eq!(cancelled["state"], "cancelled");
    let listed = folder.json(&["replays", "list", id]);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    let migrated = folder.json(&["migrate"]);
    assert_eq!(migrated["migrated"], true);
    let doctor = folder.run(&["doctor"]);
    assert_eq!(doctor.code, Some(0), "{doctor:?}");
    assert!(doctor.stdout.contains("warn dispatcher   1 event waits for"), "{doctor:?}");
    assert!(doctor.stdout.contains("warn egress"), "{doctor:?}");
}
