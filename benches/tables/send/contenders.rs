//! Who sends: the sender, and a loop that does by hand what it does.

use std::mem;

use chrono::Utc;
use hookwright::{Endpoint, Secret, Sender, WebhookObject};
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url};

use super::load::{Contender, Load};
use crate::by_hand::{FixedWidth, Request, SECRET, new_id};
use crate::records::Person;

pub(crate) fn run_sender(port: u16, load: Load) {
    let network = "127.0.0.0/8".parse().expect("a network");
    let sender = Sender::builder().allow(network).build().expect("TLS can be set up");
    let secret = Secret::new(SECRET).expect("a long secret");
    let endpoint = Endpoint::new(&url(port)).expect("a URL").secret(secret);
    load.run(&BySender { sender, endpoint, person: Person::alice() });
}

pub(crate) fn run_by_hand(port: u16, load: Load) {
    let client = Client::builder().no_proxy().build().expect("TLS can be set up");
    let url = url(port).parse().expect("a URL");
    load.run(&ByHand { client, url, request: Request::new(), person: Person::alice() });
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}/hooks")
}

#[derive(Clone)]
struct BySender {
    sender: Sender,
    endpoint: Endpoint,
    person: Person,
}

impl Contender for BySender {
    async fn send(&mut self) {
        let sending = self.sender.send(&self.endpoint, &self.person.created());
        sending.await.expect("the server acknowledges");
    }
}

#[derive(Clone)]
struct ByHand {
    client: Client,
    url: Url,
    request: Request,
    person: Person,
}

impl Contender for ByHand {
    async fn send(&mut self) {
        let now = Utc::now();
        let request = &mut self.request;
        let person = FixedWidth::from(&self.person);
        request.write(&person, now, new_id(now), now.timestamp_millis(), rand::random());
        let fixed = HeaderValue::from_static;
        let headers = [
            (CONTENT_TYPE, fixed("application/json")),
            (USER_AGENT, fixed("hookwright/0.1.0")),
            (ACCEPT_ENCODING, fixed("identity")),
            (HeaderName::from_static("webhook-id"), value(&request.id)),
            (HeaderName::from_static("webhook-attempt"), fixed("1")),
            (HeaderName::from_static("x-twenty-webhook-timestamp"), value(&request.timestamp)),
            (HeaderName::from_static("x-twenty-webhook-signature"), value(&request.signature)),
            (HeaderName::from_static("x-twenty-webhook-nonce"), value(&request.nonce)),
        ];
        let body = mem::replace(&mut request.body, Vec::with_capacity(512));
        let sending = self
            .client
            .post(self.url.clone())
            .headers(HeaderMap::from_iter(headers))
            .body(body)
            .send();
        let response = sending.await.expect("the server answers");
        assert!(response.status().is_success(), "the server acknowledges");
    }
}

fn value(text: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(text).expect("digits and letters")
}
