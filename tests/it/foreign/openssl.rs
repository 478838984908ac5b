use std::io::Write;
use std::process::{Command, Stdio};

use super::{Case, cases, readme_block};

fn hmac(case: &Case) -> String {
    let mut child = Command::new("openssl")
        .args(["dgst", "-sha256", "-mac", "HMAC", "-macopt"])
        .arg(format!("hexkey:{}", hex::encode(&case.secret)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl: `cargo xtask test` finds or installs it");
    let mut input = child.stdin.take().expect("it is piped");
    write!(input, "{}:{}", case.timestamp, case.body).expect("openssl reads");
    drop(input);
    let output = child.wait_with_output().expect("an end");
    let text = String::from_utf8(output.stdout).expect("a text");
    text.trim().rsplit(' ').next().expect("a signature").to_owned()
}

#[test]
fn openssl_computes_the_same_signatures() {
    for case in cases() {
        assert_eq!(hmac(&case), case.documented, "{case:?}");
    }
}

#[test]
fn the_captured_request_of_the_readme_is_right() {
    let commands = readme_block("sh\nbody=");
    let (commands, comment) = commands.split_once("# ends with ").expect("what to expect");
    let script = format!("body={commands}");
    let output = Command::new("sh").args(["-c", &script]).output().expect("a shell");
    let text = String::from_utf8(output.stdout).expect("a text");
    assert_eq!(text.trim().rsplit(' ').next(), Some(comment.trim()));
}
