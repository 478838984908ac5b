use super::{Tool, check_receiver, check_signatures, script};

const SECRET: &str = "a secret of 16 bytes or more";

#[test]
fn python_computes_the_same_signatures() {
    check_signatures(Tool::start(
        "python3",
        &[concat!(env!("CARGO_MANIFEST_DIR"), "/foreign/sign.py")],
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn python_verifies_our_requests_by_the_readme() {
    let script = script("python", include_str!("../../foreign/receive.py"), "receive.py");
    check_receiver(Tool::start("python3", &[&script, SECRET]), SECRET).await;
}
