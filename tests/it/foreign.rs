//! The other side, in tools that share none of our code: Node, Python, openssl, and the packages
//! that others use.

mod node;
mod npm;
mod openssl;
mod packages;
mod pypi;
mod python;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use hookwright::{Endpoint, Secret, Sender, Signer, Signing, WebhookObject};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde::{Deserialize, Serialize};

const RECORDS: usize = 1000;

/// A record of what JSON makes hard.
#[derive(Debug, Clone, Serialize, Deserialize, WebhookObject)]
#[serde(rename_all = "camelCase")]
struct Anything {
    id: String,
    text: String,
    big_number: u64,
    small_number: i64,
    fraction: f64,
    nested: BTreeMap<String, Option<String>>,
}

/// Records of the same seed in each run.
fn records() -> Vec<Anything> {
    let text = prop_oneof![
        any::<String>(),
        Just(String::new()),
        Just(
            "\"quotes\" \\ back / \u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}\u{2028}\u{2029}\u{feff}"
                .to_owned()
        ),
        Just("Zoë 田中 \u{1f4de} \u{1f468}\u{200d}\u{1f469} e\u{301}".to_owned()),
    ];
    let number = prop_oneof![any::<u64>(), Just(u64::MAX), Just((1 << 53) + 1)];
    let nested = proptest::collection::btree_map(any::<String>(), any::<Option<String>>(), 0..4);
    let record = (text.clone(), text, number, any::<i64>(), any::<f64>(), nested).prop_map(
        |(id, text, big_number, small_number, fraction, nested)| Anything {
            id,
            text,
            big_number,
            small_number,
            fraction,
            nested,
        },
    );
    let mut runner = TestRunner::deterministic();
    (0..RECORDS).map(|_| record.new_tree(&mut runner).expect("a record").current()).collect()
}

fn bodies() -> Vec<String> {
    records()
        .iter()
        .map(|record| serde_json::to_string(&record.created()).expect("a body"))
        .collect()
}

/// What is signed, and the two signatures of it.
#[derive(Debug, Clone, Serialize)]
struct Case {
    secret: String,
    timestamp: i64,
    body: String,
    #[serde(skip)]
    documented: String,
    #[serde(skip)]
    double_encoded: String,
}

/// The vectors, whose signatures were made elsewhere, and 1,000 random bodies with ours.
fn cases() -> Vec<Case> {
    #[derive(Deserialize)]
    struct Vectors {
        twenty: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        body_file: String,
        secret: String,
        timestamp: String,
        signature: String,
        double_encoded_signature: String,
    }

    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors");
    let read = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).expect("a vector");
    let vectors: Vectors = serde_json::from_str(&read("signatures.json")).expect("vectors");
    let vectors = vectors.twenty.into_iter().map(|vector| Case {
        body: read(&vector.body_file),
        secret: vector.secret,
        timestamp: vector.timestamp.parse().expect("a time"),
        documented: vector.signature,
        double_encoded: vector.double_encoded_signature,
    });
    let random = bodies().into_iter().enumerate().map(|(index, body)| {
        let secret = format!("a secret of 16 bytes or more, ünïcode {index}");
        let timestamp = 1_735_066_639_761 + i64::try_from(index).expect("a small number");
        let signer = Signer::new(&Secret::new(secret.as_str()).expect("a secret"));
        let documented = signer.sign(timestamp, body.as_bytes()).to_string();
        let signer = signer.signing(Signing::DoubleEncoded);
        let double_encoded = signer.sign(timestamp, body.as_bytes()).to_string();
        Case { secret, timestamp, body, documented, double_encoded }
    });
    vectors.chain(random).collect()
}

/// A tool that answers each line with a line.
struct Tool {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Tool {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{program}: {error}: `cargo xtask test` finds or installs it")
            });
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { child, input, output }
    }

    fn read(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    fn ask(&mut self, question: &impl Serialize) -> String {
        let line = serde_json::to_string(question).expect("a question");
        writeln!(self.input, "{line}").expect("the tool reads");
        self.read()
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The tool computes the signatures of all cases as we do.
fn check_signatures(mut tool: Tool) {
    let cases = cases();
    assert_eq!(cases.len(), 2 + RECORDS);
    for case in cases {
        let expected = format!("{} {}", case.documented, case.double_encoded);
        assert_eq!(tool.ask(&case), expected, "{case:?}");
    }
}

/// The first block of the README that begins so: with its language, and perhaps some of its text.
fn readme_block(beginning: &str) -> String {
    let readme = include_str!("../../README.md");
    let (_, from_block) = readme.split_once(&format!("```{beginning}")).expect("a block");
    from_block.split_once("```").expect("the end of the block").0.to_owned()
}

/// The path of a script that is the README's block and what follows it.
fn script(language: &str, rest: &str, file: &str) -> String {
    let path = format!("{}/{file}", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, format!("{}\n{rest}", readme_block(&format!("{language}\n"))))
        .expect("a script");
    path
}

/// Sends all records to a receiver that verifies by the README, and a few that it must refuse.
async fn check_receiver(mut receiver: Tool, secret: &str) {
    let port = receiver.read();
    let url = format!("http://127.0.0.1:{port}/hooks");
    let sender = Sender::builder().allow("127.0.0.0/8".parse().expect("a network"));
    let sender = sender.build().expect("a sender");
    let endpoint = Endpoint::new(&url).expect("an endpoint");
    let secret = Secret::new(secret).expect("a secret");
    let right = endpoint.clone().secret(secret.clone());
    for record in records() {
        let event = record.created();
        sender.send(&right, &event).await.expect("a receipt");
        let text: String = serde_json::from_str(&receiver.read()).expect("the text of the body");
        assert_eq!(text, serde_json::to_string(&event).expect("a body"));
    }
    let record = &records()[0];
    let other = Secret::new("another secret of 16 bytes or more").expect("a secret");
    for wrong in [
        endpoint.clone().secret(other),
        endpoint.clone().secret(secret).signing(Signing::DoubleEncoded),
        endpoint,
    ] {
        let error = sender.send(&wrong, &record.created()).await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(401));
    }
}
