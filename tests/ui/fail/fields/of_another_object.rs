use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
#[webhook(fields)]
struct Person {
    id: String,
}

#[derive(serde::Serialize, WebhookObject)]
#[webhook(fields)]
struct Company {
    id: String,
}

fn main() {
    let person = Person { id: "p1".to_owned() };
    println!("{} {}", Person::ID.name(), person.created().changed(Company::ID));
}
