use hookwright::WebhookObject;

#[derive(WebhookObject)]
union Number {
    id: u64,
    float: f64,
}

fn main() {
    let record = Number { id: 1 };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
