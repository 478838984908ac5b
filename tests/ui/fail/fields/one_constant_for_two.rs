use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
#[webhook(fields)]
struct Person {
    id: String,
    first_name: String,
    #[serde(rename = "other")]
    #[allow(non_snake_case)]
    first_Name: String,
}

fn main() {
    let person =
        Person { id: "p1".to_owned(), first_name: String::new(), first_Name: String::new() };
    println!("{}", serde_json::to_string(&person.created()).unwrap());
}
