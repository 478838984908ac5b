use hookwright::WebhookObject;

mod people {
    pub struct Person {
        pub id: String,
        pub notes: String,
    }
}

#[derive(WebhookObject)]
#[serde(remote = "people::Person")]
struct Person {
    id: String,
    #[webhook(redact)]
    notes: String,
}

fn main() {
    let record = Person { id: "p1".to_owned(), notes: String::new() };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
