//! The example programs, as a person runs them.

use std::process::{Command, Output};

use hookwright::{ReadEvent, receiver};
use hookwright_examples::receiver::CrmEvent;
use serde::Deserialize;

use crate::server::Server;

fn crm(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args([
        "run",
        "--quiet",
        "--offline",
        "--package",
        "hookwright-examples",
        "--bin",
        "crm",
        "--",
    ]);
    command.args(arguments);
    command
}

async fn run(mut command: Command) -> (bool, String, String) {
    let run = tokio::task::spawn_blocking(move || command.output());
    let Output { status, stdout, stderr } = run.await.expect("no panic").expect("cargo runs");
    let text = |bytes| String::from_utf8(bytes).expect("a text");
    (status.success(), text(stdout), text(stderr))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    id: String,
    status: u16,
    milliseconds: f64,
    endpoint: Option<usize>,
}

fn lines(output: &str) -> Vec<Line> {
    output.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[tokio::test]
async fn without_flags_a_day_of_events_is_sent_received_and_verified() {
    let (success, output, errors) = run(crm(&[])).await;
    assert!(success, "{errors}");
    assert_eq!(output.lines().last(), Some("20 events sent, 20 received, 20 verified, none twice"));
    assert!(output.contains("nothing visible"), "saves that nobody sees are shown, and not sent");
    assert!(output.contains("the dispatcher was killed in between, and another took over"));
}

#[tokio::test]
async fn the_catalogue_is_printed_in_every_format() {
    let catalog = hookwright_examples::model::catalog();
    for (format, expected) in [
        ("json-schema", catalog.json_schema()),
        ("asyncapi", catalog.asyncapi()),
        ("openapi", catalog.openapi()),
        ("typescript", catalog.typescript()),
        ("markdown", catalog.markdown()),
    ] {
        let (success, output, errors) = run(crm(&["catalog", "--format", format])).await;
        assert!(success, "{errors}");
        assert!(output.contains("opportunity.won") && output == expected, "{output}");
    }
}

#[tokio::test]
async fn exactly_so_many_events_are_sent_as_were_asked_for() {
    for events in ["0", "1", "19", "20", "137"] {
        let (success, output, errors) = run(crm(&["--events", events, "--json"])).await;
        assert!(success, "{errors}");
        assert_eq!(lines(&output).len().to_string(), events);
        assert!(errors.ends_with(&format!(
            "{events} events sent, {events} received, {events} verified, none twice\n"
        )));
    }
}

#[tokio::test]
async fn among_20_events_is_every_object_and_every_operation() {
    let (success, output, errors) = run(crm(&["--json"])).await;
    assert!(success, "{errors}");
    let lines = lines(&output);
    for object in ["person", "company", "note", "task", "opportunity"] {
        for operation in ["created", "updated", "deleted"] {
            let name = format!("{object}.{operation}");
            assert!(lines.iter().any(|line| line.name == name), "{name}");
        }
    }
    for name in ["opportunity.restored", "opportunity.destroyed", "opportunity.won"] {
        assert!(lines.iter().any(|line| line.name == name), "{name}");
    }
    let ids: std::collections::HashSet<&str> = lines.iter().map(|line| line.id.as_str()).collect();
    assert_eq!(ids.len(), 20, "each event has an id of its own");
    assert!(lines.iter().all(|line| line.status == 204 && line.milliseconds > 0.0));
    assert!(lines.iter().all(|line| line.endpoint.is_none()));
}

#[tokio::test]
async fn every_endpoint_gets_every_event_signed_and_without_what_is_hidden() {
    let (first, second) = (Server::with_status(200).await, Server::with_status(200).await);
    let (success, output, errors) = run(crm(&[
        "--url",
        &first.url("/a"),
        "--url",
        &second.url("/b"),
        "--secret",
        "your-secret",
        "--allow-local",
        "--json",
    ]))
    .await;
    assert!(success, "{errors}");
    assert_eq!(lines(&output).iter().filter(|line| line.endpoint == Some(2)).count(), 20);
    let secret = hookwright::Secret::imported("your-secret").expect("a secret");
    let verifier = hookwright::Verifier::new(&secret);
    for server in [first, second] {
        let requests = server.requests();
        assert_eq!(requests.len(), 20);
        for request in requests {
            verifier.verify(&request.headers, &request.body).expect("a right signature");
            let body = String::from_utf8(request.body).expect("a text");
            for hidden in ["internalNotes", "Prefers mornings", "revision", "+1 555"] {
                assert!(!body.contains(hidden), "{body}");
            }
        }
    }
}

#[tokio::test]
async fn a_day_is_sent_in_every_format_and_its_receiver_reads_each() {
    for format in ["documented", "twenty", "standard", "cloudevents"] {
        let (success, output, errors) = run(crm(&["--format", format])).await;
        assert!(success, "{format}: {errors}");
        let expected = "20 events sent, 20 received, 20 verified, none twice";
        assert_eq!(output.lines().last(), Some(expected), "{format}");
    }
    let ed25519 = hookwright::Secret::generate_ed25519();
    let (success, output, errors) =
        run(crm(&["--format", "standard", "--secret", ed25519.expose()])).await;
    assert!(success, "{errors}");
    assert!(output.ends_with("20 events sent, 20 received, 20 verified, none twice\n"), "{output}");
}

#[tokio::test]
async fn the_bodies_are_of_the_format_that_was_asked_for_and_read_as_events() {
    for (format, content_type, beginning) in [
        ("documented", "application/json", r#"{"event":"#),
        ("twenty", "application/json", r#"{"targetUrl":"#),
        ("standard", "application/json", r#"{"type":"#),
        ("cloudevents", "application/cloudevents+json", r#"{"specversion":"1.0","#),
    ] {
        let server = Server::with_status(204).await;
        let secret = hookwright::Secret::generate();
        let (success, output, errors) = run(crm(&[
            "--url",
            &server.url("/"),
            "--secret",
            secret.expose(),
            "--format",
            format,
            "--allow-local",
            "--json",
        ]))
        .await;
        assert!(success, "{errors}");
        let verifier = hookwright::Verifier::new(&secret);
        let mut names = std::collections::BTreeMap::new();
        for request in server.requests() {
            assert_eq!(request.headers["content-type"], content_type);
            let body = str::from_utf8(&request.body).expect("a text");
            assert!(body.starts_with(beginning), "{body}");
            let event: CrmEvent = receiver::verify(&verifier, &request.headers, &request.body)
                .unwrap_or_else(|error| panic!("{error}: {body}"));
            names.insert(event.id().expect("an id").to_string(), event.name().to_string());
        }
        let lines = lines(&output);
        assert_eq!((names.len(), lines.len()), (20, 20));
        assert!(lines.iter().all(|line| names[&line.id] == line.name));
    }
}

#[tokio::test]
async fn bodies_of_standard_webhooks_need_a_secret_of_theirs() {
    let arguments = ["--format", "standard", "--secret", "your-secret"];
    let (success, _, errors) = run(crm(&arguments)).await;
    assert!(!success);
    let expected = "give the endpoint a secret that begins with `whsec_` or `whsk_`";
    assert!(errors.starts_with("error: ") && errors.contains(expected), "{errors}");
    let (success, _, errors) = run(crm(&["--format", "cloud"])).await;
    assert!(!success);
    assert!(errors.contains("documented, twenty, standard, cloudevents"), "{errors}");
}

#[tokio::test]
async fn an_endpoint_that_does_not_acknowledge_is_a_clear_error() {
    async fn check(url: &str, flag: &[&str], expected: &str) {
        let (success, output, errors) = run(crm(&[&["--url", url], flag].concat())).await;
        assert!(!success);
        assert_eq!(output, "");
        assert!(errors.starts_with("error: ") && errors.contains(expected), "{errors}");
        assert!(!errors.contains("panicked"), "{errors}");
    }
    let local = ["--allow-local"];
    // Nobody listens on the port of the discard service.
    check("http://127.0.0.1:9/x", &local, "was not acknowledged: no connection").await;
    let guarded = "was not acknowledged: its address is refused\nhelp: `--allow-local`";
    check("http://127.0.0.1:9/x", &[], guarded).await;
    let server = Server::with_status(500).await;
    check(&server.url("/"), &local, "the answer was 500 Internal Server Error").await;
    let ftp = "the URL of an endpoint begins with https:// or http://";
    check("ftp://example.com", &[], ftp).await;
    check(&server.url("/"), &["--secret", ""], "the secret is empty").await;
    check(&server.url("/"), &["--database", ":memory:"], "give the path of a file").await;
    check(&server.url("/"), &["--database", "/"], "/ is a directory: give the path of a file")
        .await;
    let nowhere = "/nowhere/crm.db cannot be opened: its directory is not there, so make it first";
    check(&server.url("/"), &["--database", "/nowhere/crm.db"], nowhere).await;
}

#[tokio::test]
async fn the_proxies_of_the_environment_are_ignored() {
    let (server, canary) = (Server::with_status(204).await, Server::with_status(204).await);
    let mut command = crm(&["--url", &server.url("/"), "--allow-local", "--events", "3"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    {
        command.env(name, canary.url("/"));
    }
    let (success, _, errors) = run(command).await;
    assert!(success, "{errors}");
    assert_eq!(server.requests().len(), 3);
    assert_eq!(canary.connections(), 0);
}
