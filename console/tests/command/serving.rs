//! What is served, where, and how it ends.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::program::{Ended, Folder, PATIENCE, PERSON, Running};

async fn get(url: &str, path: &str, key: &str) -> (u16, String) {
    let request = reqwest::Client::new().get(format!("{url}{path}")).bearer_auth(key);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn a_server_is_ready_has_metrics_and_tells_its_key_once() {
    let folder = Folder::new();
    let (server, told) = folder.serve();
    let (url, key) = (told["url"].as_str().unwrap(), told["key"].as_str().unwrap());
    assert_eq!(get(url, "/health/ready", key).await.0, 200);
    assert_eq!(get(url, "/api/webhooks", "hwk_wrong").await.0, 401);
    folder.run_with(&["send"], PERSON);
    let (status, metrics) = get(url, "/metrics", key).await;
    assert_eq!(status, 200);
    assert!(metrics.contains("hookwright_"), "{metrics}");
    server.signal("TERM");
    let ended = server.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let (_server, told) = folder.serve();
    assert!(told["key"].is_null(), "{told}");
}

#[test]
fn health_asks_the_server_that_is_set() {
    let folder = Folder::new();
    let (server, told) = folder.serve();
    let url = told["url"].as_str().unwrap();
    let listen = url.strip_prefix("http://").unwrap();
    let own = |listen: &str| {
        let mut command = folder.command(&["health", "--json"]);
        Ended::of(command.env("HOOKWRIGHT_LISTEN", listen))
    };
    for health in
        [folder.run(&["health", url]), folder.run(&["--server", url, "health"]), own(listen)]
    {
        assert_eq!(health.code, Some(0), "{health:?}");
    }
    drop(server);
    for health in [folder.run(&["--server", url, "health"]), own(listen)] {
        assert_eq!(health.code, Some(5), "{health:?}");
        let text = format!("the server at {listen} does not answer");
        assert!(health.stderr.contains(&text), "{health:?}");
    }
    let wrong = folder.run(&["health", "localhost"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.stderr.contains("http://127.0.0.1:8600"), "{wrong:?}");
}

#[test]
fn requests_under_way_are_waited_for() {
    let folder = Folder::new();
    let (server, _) = folder.serve();
    let (listener, url) = folder.listen(&["--delay", "1500ms"]);
    folder.json(&["webhooks", "create", &url]);
    folder.run_with(&["send"], PERSON);
    // It has come, and is not answered yet.
    std::thread::sleep(std::time::Duration::from_millis(700));
    server.signal("INT");
    let ended = server.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    listener.json();
    let page = folder.json(&["deliveries", "list"]);
    assert_eq!(page["data"][0]["state"], "delivered", "{page}");
}

#[test]
fn who_is_slow_to_ask_is_cut_off() {
    let folder = Folder::new();
    let (_server, told) = folder.serve();
    let address = told["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the connection ends");
}

#[cfg(unix)]
#[test]
fn a_database_that_is_made_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let mode = |name: &str| folder.path(name).metadata().unwrap().permissions().mode() & 0o777;
    let (_server, _) = folder.serve();
    for name in ["hookwright.db", "hookwright.db-wal", "hookwright.db-shm", "hookwright.db.key"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    folder.json(&["migrate", "--database", "sqlite://url.db"]);
    assert_eq!(mode("url.db"), 0o600);
}

#[test]
fn nothing_is_served_to_a_network_in_the_clear() {
    let folder = Folder::new();
    let refused = folder.run(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    for word in ["--tls-cert", "--behind-proxy"] {
        assert!(refused.stderr.contains(word), "{refused:?}");
    }
    assert!(!folder.path("hookwright.db").exists(), "nothing was made");
    let proxy = ["serve", "--listen", "0.0.0.0:0", "--behind-proxy", "--host", "hooks.example.com"];
    let told = folder.start(&[&proxy[..], &["--json"]].concat()).json();
    assert_eq!(told["url"], "https://hooks.example.com", "{told}");
    assert!(told["listen"].as_str().unwrap().starts_with("0.0.0.0:"), "{told}");
    let line = folder.start(&proxy).line();
    assert!(line.starts_with("serving https://hooks.example.com, at 0.0.0.0:"), "{line}");
}

#[tokio::test]
async fn https_is_served_by_a_certificate() {
    let folder = Folder::new();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    folder.write("cert.pem", made.cert.pem());
    folder.write("key.pem", made.signing_key.serialize_pem());
    let tls = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];
    let serve = ["serve", "--listen", "0.0.0.0:0", "--json"];
    let server: Running = folder.start(&[&serve[..], &tls[..]].concat());
    let told = server.json();
    let (url, key) = (told["url"].as_str().unwrap(), told["key"].as_str().unwrap());
    assert!(url.starts_with("https://localhost:"), "{told}");
    let trusted = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([trusted]).build().unwrap();
    let answer = client.get(format!("{url}/api/webhooks")).bearer_auth(key).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let alone = folder.run(&["serve", "--tls-cert", "cert.pem"]);
    assert_eq!(alone.code, Some(2), "{alone:?}");
}

#[tokio::test]
async fn names_are_answered_to_when_they_are_given() {
    let folder = Folder::new();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--host", "hooks.example.com", "--json"];
    let server = folder.start(&arguments);
    let told = server.json();
    let url = format!("{}/api/openapi.json", told["url"].as_str().unwrap());
    for (host, expected) in [("hooks.example.com", 200), ("evil.example.com", 421)] {
        let answer = reqwest::Client::new().get(&url).header("host", host).send().await.unwrap();
        assert_eq!(answer.status(), expected, "{host}");
    }
}
