use hookwright::WebhookObject;

#[derive(WebhookObject)]
#[serde(transparent)]
struct Person {
    id: String,
    #[webhook(skip)]
    notes: (),
}

fn main() {
    let record = Person { id: "p1".to_owned(), notes: () };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
