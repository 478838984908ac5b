use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
struct Person {
    #[webhook(id)]
    keys: Vec<(u8, u8)>,
}

fn main() {
    let record = Person { keys: Vec::new() };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
