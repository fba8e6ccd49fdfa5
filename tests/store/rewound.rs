//! A store in memory goes back to each of its commits.

use asl_engine::store::{ExecutionStore, MemoryStore, Retention, StoreErrorKind};

use crate::records;

#[test]
fn is_again_as_it_was_after_each_commit() {
    let store = MemoryStore::new();
    store.commit(&[records::definition("f1"), records::started(1)]).unwrap();
    for entry in 1..=3 {
        store
            .commit(&[records::entered(1, entry, "e"), records::recorded(1, entry..=entry)])
            .unwrap();
    }
    let refused = store.commit(&[records::entered(1, 4, "e"), records::started(1)]);
    assert_eq!(refused.unwrap_err().kind(), StoreErrorKind::Refused);
    assert_eq!(store.commits(), 4);

    for commits in 1..=4 {
        let then = store.as_of(commits);
        assert_eq!(then.commits(), commits);
        assert_eq!(then.journal(1).unwrap().unwrap().entries.len(), commits - 1);
        assert_eq!(then.history(1, 0, 9).unwrap().len(), commits - 1);
    }
    assert_eq!(store.as_of(0).journal(1).unwrap(), None);
    assert_eq!(store.as_of(99).commits(), 4);
}

#[test]
fn goes_on_by_itself_from_there() {
    let store = MemoryStore::new();
    store.commit(&[records::definition("f1"), records::started(1)]).unwrap();
    store.commit(&[records::entered(1, 1, "first")]).unwrap();
    let then = store.as_of(1);
    then.commit(&[records::entered(1, 1, "other")]).unwrap();
    let text = |store: &MemoryStore| store.journal(1).unwrap().unwrap().entries[0].text.clone();
    assert_eq!((text(&store), text(&then)), ("first".to_owned(), "other".to_owned()));
}

#[test]
fn a_removal_is_a_commit_too() {
    let store = MemoryStore::new();
    let records = [
        records::definition("f1"),
        records::started(1),
        records::ended(1, "SUCCEEDED", records::seconds(2)),
    ];
    store.commit(&records).unwrap();
    let all = Retention {
        most: Some(0),
        ..Retention::default()
    };
    assert!(store.remove_closed(&all, 10).unwrap() > 0);
    assert_eq!(store.remove_closed(&all, 10).unwrap(), 0);
    assert_eq!(store.commits(), 2);
    assert!(store.as_of(1).journal(1).unwrap().is_some());
    assert!(store.as_of(2).journal(1).unwrap().is_none());
}

#[test]
fn its_clones_share_it_and_one_opens_it() {
    let store = MemoryStore::new();
    let owner = store.open().unwrap();
    let clone = owner.clone();
    clone.commit(&[records::document("kind", "key", Some("text"))]).unwrap();
    assert_eq!(store.documents("kind").unwrap().len(), 1);
    drop(owner);
    assert_eq!(
        store.open().unwrap_err().kind(),
        StoreErrorKind::InUse,
        "its clone is there"
    );
    drop(clone);
    assert!(store.open().is_ok());
}
