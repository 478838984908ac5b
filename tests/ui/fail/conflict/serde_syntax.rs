use hookwright::WebhookObject;

#[derive(WebhookObject)]
struct Person {
    #[serde(rename "key")]
    id: String,
    #[webhook(skip)]
    notes: String,
}

fn main() {
    let record = Person { id: "p1".to_owned(), notes: String::new() };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
