<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en">
<context>
    <name>ui::AskView</name>
    <message numerus="yes">
        <source>Asking %Ln document(s): %1, …</source>
        <translation>
            <numerusform>Asking %Ln document: %1, …</numerusform>
            <numerusform>Asking %Ln documents: %1, …</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Ask about %Ln document(s)</source>
        <translation>
            <numerusform>Ask about %Ln document</numerusform>
            <numerusform>Ask about %Ln documents</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::Exchange</name>
    <message numerus="yes">
        <source>%1 of %Ln location(s) read, as of %2</source>
        <translation>
            <numerusform>%1 of %Ln location read, as of %2</numerusform>
            <numerusform>%1 of %Ln locations read, as of %2</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln page(s) read, as of %2</source>
        <translation>
            <numerusform>%1 of %Ln page read, as of %2</numerusform>
            <numerusform>%1 of %Ln pages read, as of %2</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln location(s) read</source>
        <translation>
            <numerusform>%1 of %Ln location read</numerusform>
            <numerusform>%1 of %Ln locations read</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln page(s) read</source>
        <translation>
            <numerusform>%1 of %Ln page read</numerusform>
            <numerusform>%1 of %Ln pages read</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln sentence(s) have evidence</source>
        <translation>
            <numerusform>%1 of %Ln sentence has evidence</numerusform>
            <numerusform>%1 of %Ln sentences have evidence</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::HitView</name>
    <message numerus="yes">
        <source>In the text of %Ln document(s), and there are more places: another word leaves fewer.</source>
        <translation>
            <numerusform>In the text of %Ln document, and there are more places: another word leaves fewer.</numerusform>
            <numerusform>In the text of %Ln documents, and there are more places: another word leaves fewer.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>In the text of %Ln document(s)</source>
        <translation>
            <numerusform>In the text of %Ln document</numerusform>
            <numerusform>In the text of %Ln documents</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::LibraryModel</name>
    <message numerus="yes">
        <source>%1 of %Ln location(s)</source>
        <translation>
            <numerusform>%1 of %Ln location</numerusform>
            <numerusform>%1 of %Ln locations</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln page(s)</source>
        <translation>
            <numerusform>%1 of %Ln page</numerusform>
            <numerusform>%1 of %Ln pages</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::LibraryView</name>
    <message numerus="yes">
        <source>%1 of %Ln document(s)</source>
        <translation>
            <numerusform>%1 of %Ln document</numerusform>
            <numerusform>%1 of %Ln documents</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln document(s)</source>
        <translation>
            <numerusform>%Ln document</numerusform>
            <numerusform>%Ln documents</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::MainWindow</name>
    <message numerus="yes">
        <source>%n file(s) of other kinds were left out, the first is %1.</source>
        <translation>
            <numerusform>%n file of another kind was left out: %1.</numerusform>
            <numerusform>%n files of other kinds were left out, the first is %1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n document(s) are not read to their end. Nothing of what was read is lost.</source>
        <translation>
            <numerusform>%n document is not read to its end. Nothing of what was read is lost.</numerusform>
            <numerusform>%n documents are not read to their end. Nothing of what was read is lost.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::QueueModel</name>
    <message numerus="yes">
        <source>%1 of %Ln location(s)</source>
        <translation>
            <numerusform>%1 of %Ln location</numerusform>
            <numerusform>%1 of %Ln locations</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln passage(s)</source>
        <translation>
            <numerusform>%1 of %Ln passage</numerusform>
            <numerusform>%1 of %Ln passages</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln token(s)</source>
        <translation>
            <numerusform>%1 of %Ln token</numerusform>
            <numerusform>%1 of %Ln tokens</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln page(s)</source>
        <translation>
            <numerusform>%1 of %Ln page</numerusform>
            <numerusform>%1 of %Ln pages</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>about %n minute(s) left</source>
        <translation>
            <numerusform>about %n minute left</numerusform>
            <numerusform>about %n minutes left</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>about %n hour(s) left</source>
        <translation>
            <numerusform>about %n hour left</numerusform>
            <numerusform>about %n hours left</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln document(s) in the queue.</source>
        <translation>
            <numerusform>%Ln document in the queue.</numerusform>
            <numerusform>%Ln documents in the queue.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln document(s) done.</source>
        <translation>
            <numerusform>%1 of %Ln document done.</numerusform>
            <numerusform>%1 of %Ln documents done.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln could not be read.</source>
        <translation>
            <numerusform>%Ln could not be read.</numerusform>
            <numerusform>%Ln could not be read.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::ReadingNotices</name>
    <message numerus="yes">
        <source>%n note(s) on what was read, the last one: %1</source>
        <translation>
            <numerusform>%n note on what was read: %1</numerusform>
            <numerusform>%n notes on what was read, the last one: %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::Shelf</name>
    <message numerus="yes">
        <source>%n document(s) moved to the Trash. Your files stay where they are.</source>
        <translation>
            <numerusform>%n document moved to the Trash. Your file stays where it is.</numerusform>
            <numerusform>%n documents moved to the Trash. Your files stay where they are.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n document(s) will move to the Trash as soon as the deletion that is running has ended.</source>
        <translation>
            <numerusform>%n document will move to the Trash as soon as the deletion that is running has ended.</numerusform>
            <numerusform>%n documents will move to the Trash as soon as the deletion that is running has ended.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n document(s) will come back from the Trash as soon as the deletion that is running has ended.</source>
        <translation>
            <numerusform>%n document will come back from the Trash as soon as the deletion that is running has ended.</numerusform>
            <numerusform>%n documents will come back from the Trash as soon as the deletion that is running has ended.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::TrashView</name>
    <message numerus="yes">
        <source>• and %Ln more document(s)</source>
        <translation>
            <numerusform>• and %Ln more document</numerusform>
            <numerusform>• and %Ln more documents</numerusform>
        </translation>
    </message>
</context>
</TS>
