//! A listener answers as it is told.

use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};

use crate::program::{Folder, answering};

async fn post(url: &str, body: &str) -> StatusCode {
    let request = Client::new().post(url).header("x-test", "here").body(body.to_owned());
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn the_first_requests_fail_and_the_others_are_answered_with_the_status() {
    let folder = Folder::new();
    let (listener, url) = folder.listen(&["--fail-first", "2", "--status", "202"]);
    for expected in [500, 500, 202, 202] {
        assert_eq!(post(&url, "{}").await, expected);
        assert_eq!(listener.json()["status"], expected);
    }
}

#[tokio::test]
async fn an_answer_is_delayed() {
    let folder = Folder::new();
    let (_listener, url) = folder.listen(&["--delay", "700ms"]);
    let begun = Instant::now();
    assert_eq!(post(&url, "{}").await, 204);
    assert!(begun.elapsed() >= Duration::from_millis(700));
}

#[tokio::test]
async fn requests_are_passed_on_and_answered_as_they_are_there() {
    let folder = Folder::new();
    let (there, target) = folder.listen(&["--status", "418"]);
    let (here, url) = folder.listen(&["--forward", &format!("{target}/hooks")]);
    assert_eq!(post(&url, r#"{"a":1}"#).await, 418);
    let arrived = there.json();
    assert_eq!((&arrived["path"], &arrived["text"]), (&"/hooks".into(), &r#"{"a":1}"#.into()));
    assert_eq!(arrived["headers"]["x-test"], "here");
    assert_eq!(here.json()["status"], 418);
    drop(there);
    assert_eq!(post(&url, "{}").await, 502);
}

#[tokio::test]
async fn an_answer_that_is_passed_back_has_its_headers() {
    const ANSWER: &str = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\n\
        Location: /later\r\nKeep-Alive: timeout=9\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbusy";
    let target = answering(|_| ANSWER.as_bytes().to_vec());
    let folder = Folder::new();
    let (_here, url) = folder.listen(&["--forward", &target]);
    let answer = Client::new().post(&url).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "7");
    assert_eq!(answer.headers()["location"], "/later");
    assert!(!answer.headers().contains_key("keep-alive"), "{answer:?}");
    assert_eq!(answer.text().await.unwrap(), "busy");
}

#[tokio::test]
async fn an_answer_without_end_is_not_passed_back() {
    let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    let answer = [head, vec![b'a'; 33 * 1024 * 1024]].concat();
    let target = answering(move |_| answer.clone());
    let folder = Folder::new();
    let (_here, url) = folder.listen(&["--forward", &target]);
    assert_eq!(post(&url, "{}").await, 502);
}

#[tokio::test]
async fn what_is_not_signed_is_refused_and_told() {
    let folder = Folder::new();
    let (listener, url) = folder.listen(&["--secret", "a secret of 16 bytes or more"]);
    assert_eq!(post(&url, "{}").await, 401);
    let seen = listener.json();
    assert_eq!(seen["verified"], false);
    assert!(seen["problem"].as_str().unwrap().contains("missing"), "{seen}");
}

#[tokio::test]
async fn nothing_that_a_terminal_obeys_is_printed() {
    let folder = Folder::new();
    let listener = folder.start(&["listen", "--port", "0"]);
    let line = listener.line();
    let url = line.split([' ', ';']).nth(2).unwrap().to_owned();
    post(&url, "\x1b[2Jgone\u{202e}\u{9b}1m\rover\nline").await;
    post(&url, "{\"a\":\"\u{202e}\u{9b}\u{7f}\"}").await;
    listener.signal("INT");
    let ended = listener.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains(r"\u{1b}[2Jgone\u{202e}\u{9b}1m\u{d}over\u{a}line"), "{ended:?}");
    assert!(ended.stdout.contains(r#""a": "\u202e\u009b\u007f""#), "{ended:?}");
    let is_shown = |character: char| character == '\n' || !character.is_control();
    assert!(ended.stdout.chars().all(is_shown), "{ended:?}");
}
