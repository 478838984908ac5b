use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
#[webhook(id = "email")]
struct Person {
    email: String,
}

fn main() {
    let record = Person { email: String::new() };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
