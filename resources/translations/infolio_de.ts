<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de">
<context>
    <name>Actions</name>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>&amp;Reading</source>
        <translation>&amp;Lesen</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>&amp;Add Files…</source>
        <translation>Dateien &amp;hinzufügen…</translation>
    </message>
    <message>
        <source>Add F&amp;older…</source>
        <translation>&amp;Ordner hinzufügen…</translation>
    </message>
    <message>
        <source>Read the &amp;Sample Book</source>
        <translation>Das Beispielbuch &amp;lesen</translation>
    </message>
    <message>
        <source>&amp;Export…</source>
        <translation>&amp;Exportieren…</translation>
    </message>
    <message>
        <source>&amp;Close Document</source>
        <translation>Dokument s&amp;chließen</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>&amp;Undo Removal</source>
        <translation>Entfernen &amp;rückgängig machen</translation>
    </message>
    <message>
        <source>Move to &amp;Trash</source>
        <translation>In den &amp;Papierkorb legen</translation>
    </message>
    <message>
        <source>Copy with C&amp;itation</source>
        <translation>Mit &amp;Quellenangabe kopieren</translation>
    </message>
    <message>
        <source>&amp;Find in Document</source>
        <translation>Im &amp;Dokument suchen</translation>
    </message>
    <message>
        <source>Find in &amp;Library</source>
        <translation>In der &amp;Bibliothek suchen</translation>
    </message>
    <message>
        <source>&amp;Go to Page…</source>
        <translation>&amp;Gehe zu Seite…</translation>
    </message>
    <message>
        <source>&amp;Settings…</source>
        <translation>&amp;Einstellungen…</translation>
    </message>
    <message>
        <source>&amp;Back</source>
        <translation>&amp;Zurück</translation>
    </message>
    <message>
        <source>&amp;Forward</source>
        <translation>&amp;Vorwärts</translation>
    </message>
    <message>
        <source>Zoom &amp;In</source>
        <translation>Ver&amp;größern</translation>
    </message>
    <message>
        <source>Zoom &amp;Out</source>
        <translation>Ver&amp;kleinern</translation>
    </message>
    <message>
        <source>&amp;Actual Size</source>
        <translation>&amp;Originalgröße</translation>
    </message>
    <message>
        <source>Fit &amp;Width</source>
        <translation>Auf Seiten&amp;breite</translation>
    </message>
    <message>
        <source>Fit &amp;Page</source>
        <translation>Auf ganze &amp;Seite</translation>
    </message>
    <message>
        <source>&amp;Rotate Right</source>
        <translation>Nach &amp;rechts drehen</translation>
    </message>
    <message>
        <source>&amp;Next Region</source>
        <translation>&amp;Nächster Bereich</translation>
    </message>
    <message>
        <source>Pre&amp;vious Region</source>
        <translation>Vor&amp;iger Bereich</translation>
    </message>
    <message>
        <source>&amp;Pause All</source>
        <translation>&amp;Alles anhalten</translation>
    </message>
    <message>
        <source>&amp;Ask…</source>
        <translation>&amp;Fragen…</translation>
    </message>
    <message>
        <source>As of &amp;This Page</source>
        <translation>Stand &amp;dieser Seite</translation>
    </message>
    <message>
        <source>&amp;Summaries</source>
        <translation>&amp;Zusammenfassungen</translation>
    </message>
    <message>
        <source>&amp;Next Evidence</source>
        <translation>&amp;Nächster Beleg</translation>
    </message>
    <message>
        <source>Pre&amp;vious Evidence</source>
        <translation>&amp;Voriger Beleg</translation>
    </message>
    <message>
        <source>&amp;Shortcuts</source>
        <translation>&amp;Tastenkürzel</translation>
    </message>
    <message>
        <source>&amp;About Infolio</source>
        <translation>&amp;Über Infolio</translation>
    </message>
    <message>
        <source>&amp;Print…</source>
        <translation>&amp;Drucken…</translation>
    </message>
    <message>
        <source>Print A&amp;nswers…</source>
        <translation>An&amp;tworten drucken…</translation>
    </message>
    <message>
        <source>Print Su&amp;mmaries…</source>
        <translation>Zusa&amp;mmenfassungen drucken…</translation>
    </message>
    <message>
        <source>&amp;Open Evidence</source>
        <translation>&amp;Beleg öffnen</translation>
    </message>
</context>
<context>
    <name>ui::AskView</name>
    <message>
        <source>Ask: %1</source>
        <translation>Fragen: %1</translation>
    </message>
    <message>
        <source>Questions and answers</source>
        <translation>Fragen und Antworten</translation>
    </message>
    <message>
        <source>The bracket keys go to the next and previous evidence, Enter opens it.</source>
        <translation>Mit den Tasten [ und ] gehen Sie zum vorigen und nächsten Beleg, mit der Eingabetaste öffnen Sie ihn.</translation>
    </message>
    <message>
        <source>Choose a model…</source>
        <translation>Ein Modell wählen…</translation>
    </message>
    <message>
        <source>Choose a model file</source>
        <translation>Eine Modelldatei wählen</translation>
    </message>
    <message>
        <source>Change…</source>
        <translation>Ändern…</translation>
    </message>
    <message>
        <source>Change which documents are asked</source>
        <translation>Ändern, welche Dokumente gefragt werden</translation>
    </message>
    <message>
        <source>Question</source>
        <translation>Frage</translation>
    </message>
    <message>
        <source>Return asks, Shift and Return begin a new line, Escape stops an answer.</source>
        <translation>Die Eingabetaste stellt die Frage, Umschalt und Eingabetaste beginnen eine neue Zeile, Escape bricht eine Antwort ab.</translation>
    </message>
    <message>
        <source>No document is chosen.</source>
        <translation>Es ist kein Dokument gewählt.</translation>
    </message>
    <message>
        <source>Asking %1</source>
        <translation>Gefragt wird: %1</translation>
    </message>
    <message>
        <source>Asking %1 and %2</source>
        <translation>Gefragt werden %1 und %2</translation>
    </message>
    <message numerus="yes">
        <source>Asking %Ln document(s): %1, …</source>
        <translation>
            <numerusform>Gefragt wird %Ln Dokument: %1, …</numerusform>
            <numerusform>Gefragt werden %Ln Dokumente: %1, …</numerusform>
        </translation>
    </message>
    <message>
        <source>Read up to loc. %1 of %2 so far; an answer rests on that part.</source>
        <translation>Bisher bis Pos. %1 von %2 gelesen; eine Antwort stützt sich auf diesen Teil.</translation>
    </message>
    <message>
        <source>Read up to page %1 of %2 so far; an answer rests on these pages.</source>
        <translation>Bisher bis Seite %1 von %2 gelesen; eine Antwort stützt sich auf diese Seiten.</translation>
    </message>
    <message>
        <source>Not read yet: there is evidence to find, but no memory to ask.</source>
        <translation>Noch nicht gelesen: Belege lassen sich finden, aber es gibt noch kein Gedächtnis, das man fragen könnte.</translation>
    </message>
    <message>
        <source>Answers need a model, and none was found. Evidence can be found without one.</source>
        <translation>Antworten brauchen ein Modell, und es wurde keines gefunden. Belege lassen sich auch ohne finden.</translation>
    </message>
    <message>
        <source>Answers need a model, and %1 is missing. Evidence can be found without one.</source>
        <translation>Antworten brauchen ein Modell, und %1 fehlt. Belege lassen sich auch ohne finden.</translation>
    </message>
    <message>
        <source>Ask about a document</source>
        <translation>Zu einem Dokument fragen</translation>
    </message>
    <message>
        <source>Open a book or a long document, or choose what to ask below.</source>
        <translation>Öffnen Sie ein Buch oder ein langes Dokument, oder wählen Sie unten, was Sie fragen möchten.</translation>
    </message>
    <message>
        <source>Ask about %1</source>
        <translation>Fragen zu %1</translation>
    </message>
    <message numerus="yes">
        <source>Ask about %Ln document(s)</source>
        <translation>
            <numerusform>Fragen zu %Ln Dokument</numerusform>
            <numerusform>Fragen zu %Ln Dokumenten</numerusform>
        </translation>
    </message>
    <message>
        <source>Every answer comes with quotes that you can open and check.</source>
        <translation>Jede Antwort bringt Zitate mit, die Sie öffnen und prüfen können.</translation>
    </message>
    <message>
        <source>Passages that fit your question are shown as quotes to open.</source>
        <translation>Passagen, die zu Ihrer Frage passen, werden als Zitate zum Öffnen gezeigt.</translation>
    </message>
    <message>
        <source>Ask a question</source>
        <translation>Stellen Sie eine Frage</translation>
    </message>
    <message>
        <source>What are you looking for?</source>
        <translation>Was suchen Sie?</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Ask</source>
        <translation>Fragen</translation>
    </message>
    <message>
        <source>Find evidence</source>
        <translation>Belege suchen</translation>
    </message>
    <message>
        <source>Stop the answer</source>
        <translation>Die Antwort abbrechen</translation>
    </message>
    <message>
        <source>Stop the answer (Esc)</source>
        <translation>Die Antwort abbrechen (Esc)</translation>
    </message>
    <message>
        <source>Send the question (Return)</source>
        <translation>Die Frage stellen (Eingabetaste)</translation>
    </message>
</context>
<context>
    <name>ui::Asking</name>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>Asked</source>
        <translation>Gefragt</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Evidence after</source>
        <translation>Belege nach</translation>
    </message>
    <message>
        <source>Gist after</source>
        <translation>Kernaussage nach</translation>
    </message>
    <message>
        <source>In all</source>
        <translation>Insgesamt</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Startwert</translation>
    </message>
    <message>
        <source>none: always the most probable word</source>
        <translation>keiner: immer das wahrscheinlichste Wort</translation>
    </message>
</context>
<context>
    <name>ui::BoundChip</name>
    <message>
        <source>p. %1</source>
        <translation>S. %1</translation>
    </message>
    <message>
        <source>loc. %1</source>
        <translation>Pos. %1</translation>
    </message>
    <message>
        <source>end of ch. %1</source>
        <translation>Ende von Kap. %1</translation>
    </message>
    <message>
        <source>page %1 of the file</source>
        <translation>Seite %1 der Datei</translation>
    </message>
    <message>
        <source>The whole book</source>
        <translation>Das ganze Buch</translation>
    </message>
    <message>
        <source>Where I am</source>
        <translation>Wo ich bin</translation>
    </message>
    <message>
        <source>Up to a page…</source>
        <translation>Bis zu einer Seite…</translation>
    </message>
    <message>
        <source>Page up to which the answer may look</source>
        <translation>Seite, bis zu der die Antwort schauen darf</translation>
    </message>
    <message>
        <source>A printed page number such as 212 or xii, or chapter:7. Return sets it.</source>
        <translation>Eine gedruckte Seitenzahl wie 212 oder xii, oder chapter:7. Die Eingabetaste übernimmt sie.</translation>
    </message>
    <message>
        <source>Page, e.g. 212</source>
        <translation>Seite, z. B. 212</translation>
    </message>
    <message>
        <source>p. %1 (PDF %2)</source>
        <comment>printed page, page of the file</comment>
        <translation>S. %1 (PDF %2)</translation>
    </message>
    <message>
        <source>Whole documents</source>
        <translation>Ganze Dokumente</translation>
    </message>
    <message>
        <source>The answer looks at whole documents; a page bound needs a single one</source>
        <translation>Die Antwort berücksichtigt ganze Dokumente; eine Seitengrenze gibt es nur bei einem einzelnen</translation>
    </message>
    <message>
        <source>Whole book</source>
        <translation>Ganzes Buch</translation>
    </message>
    <message>
        <source>The answer may look at the whole book</source>
        <translation>Die Antwort darf das ganze Buch berücksichtigen</translation>
    </message>
    <message>
        <source>Where I am: %1</source>
        <translation>Wo ich bin: %1</translation>
    </message>
    <message>
        <source>As of %1</source>
        <translation>Stand %1</translation>
    </message>
    <message>
        <source>The answer looks no further than %1</source>
        <translation>Die Antwort schaut nicht weiter als bis %1</translation>
    </message>
    <message>
        <source>How far into the book an answer may look</source>
        <translation>Wie weit eine Antwort in das Buch schauen darf</translation>
    </message>
</context>
<context>
    <name>ui::ContentsModel</name>
    <message>
        <source>location %1</source>
        <translation>Position %1</translation>
    </message>
    <message>
        <source>page %1</source>
        <translation>Seite %1</translation>
    </message>
    <message>
        <source>&lt;p&gt;%1, %2&lt;/p&gt;</source>
        <translation>&lt;p&gt;%1, %2&lt;/p&gt;</translation>
    </message>
    <message>
        <source>%1, %2, you are here</source>
        <translation>%1, %2, Sie sind hier</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>Whole book</source>
        <translation>Ganzes Buch</translation>
    </message>
    <message>
        <source>Chapter %1</source>
        <translation>Kapitel %1</translation>
    </message>
    <message>
        <source>Chapter %1, part %2</source>
        <translation>Kapitel %1, Teil %2</translation>
    </message>
</context>
<context>
    <name>ui::ContentsView</name>
    <message>
        <source>Contents</source>
        <translation>Inhalt</translation>
    </message>
    <message>
        <source>The file names no contents; these headings were found in its text.</source>
        <translation>Die Datei nennt kein Inhaltsverzeichnis; diese Überschriften wurden in ihrem Text gefunden.</translation>
    </message>
    <message>
        <source>Go to page…</source>
        <translation>Gehe zu Seite…</translation>
    </message>
    <message>
        <source>This document has no contents. Go to a page by its number.</source>
        <translation>Dieses Dokument hat kein Inhaltsverzeichnis. Gehen Sie mit der Seitenzahl zu einer Seite.</translation>
    </message>
    <message>
        <source>Open a document to see its contents.</source>
        <translation>Öffnen Sie ein Dokument, um seinen Inhalt zu sehen.</translation>
    </message>
</context>
<context>
    <name>ui::Desk</name>
    <message>
        <source>“%1” (%2, %3)</source>
        <translation>„%1“ (%2, %3)</translation>
    </message>
    <message>
        <source>place %1</source>
        <translation>Stelle %1</translation>
    </message>
    <message>
        <source>loc. %1</source>
        <translation>Pos. %1</translation>
    </message>
    <message>
        <source>p. %1</source>
        <translation>S. %1</translation>
    </message>
    <message>
        <source>p. %1 (PDF %2)</source>
        <translation>S. %1 (PDF %2)</translation>
    </message>
    <message>
        <source>Open documents</source>
        <translation>Geöffnete Dokumente</translation>
    </message>
    <message>
        <source>Go to %1</source>
        <translation>Zu %1 gehen</translation>
    </message>
</context>
<context>
    <name>ui::DocumentBar</name>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Forward</source>
        <translation>Vorwärts</translation>
    </message>
    <message>
        <source>Location</source>
        <translation>Position</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Go to page</source>
        <translation>Gehe zu Seite</translation>
    </message>
    <message>
        <source>A printed page number, or index: and a count from the first page</source>
        <translation>Eine gedruckte Seitenzahl, oder index: und die Zählung von der ersten Seite an</translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation>Verkleinern</translation>
    </message>
    <message>
        <source>Smaller text</source>
        <translation>Kleinerer Text</translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation>Vergrößern</translation>
    </message>
    <message>
        <source>Larger text</source>
        <translation>Größerer Text</translation>
    </message>
    <message>
        <source>Rotate</source>
        <translation>Drehen</translation>
    </message>
    <message>
        <source>Find in this document</source>
        <translation>In diesem Dokument suchen</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>Fit &amp;width</source>
        <translation>Auf Seiten&amp;breite</translation>
    </message>
    <message>
        <source>Fit &amp;page</source>
        <translation>Auf ganze &amp;Seite</translation>
    </message>
    <message>
        <source>%1 pt</source>
        <translation>%1 pt</translation>
    </message>
    <message>
        <source>Go to location</source>
        <translation>Gehe zu Position</translation>
    </message>
    <message>
        <source>of %1</source>
        <translation>von %1</translation>
    </message>
    <message>
        <source>(%1 of %2)</source>
        <translation>(%1 von %2)</translation>
    </message>
    <message>
        <source>Size: %1</source>
        <translation>Größe: %1</translation>
    </message>
    <message>
        <source>There is no location %1.</source>
        <translation>Es gibt keine Position %1.</translation>
    </message>
    <message>
        <source>There is no page %1.</source>
        <translation>Es gibt keine Seite %1.</translation>
    </message>
</context>
<context>
    <name>ui::DocumentView</name>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>%1 pt</source>
        <translation>%1 pt</translation>
    </message>
</context>
<context>
    <name>ui::Exchange</name>
    <message>
        <source>“%1”</source>
        <comment>a quote from a book</comment>
        <translation>„%1“</translation>
    </message>
    <message>
        <source>%1 (as of %2)</source>
        <comment>question, place</comment>
        <translation>%1 (Stand %2)</translation>
    </message>
    <message>
        <source>evidence</source>
        <translation>Beleg</translation>
    </message>
    <message>
        <source>memory</source>
        <translation>Gedächtnis</translation>
    </message>
    <message>
        <source>model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>A quote from the book supports this sentence.</source>
        <translation>Ein Zitat aus dem Buch stützt diesen Satz.</translation>
    </message>
    <message>
        <source>From the memory of the book; no quote was found for it.</source>
        <translation>Aus dem Gedächtnis des Buches; ein Zitat dafür wurde nicht gefunden.</translation>
    </message>
    <message>
        <source>From the model alone; neither a quote nor the memory supports it.</source>
        <translation>Allein aus dem Modell; weder ein Zitat noch das Gedächtnis stützt es.</translation>
    </message>
    <message>
        <source>loc. %1</source>
        <translation>Pos. %1</translation>
    </message>
    <message>
        <source>p. %1</source>
        <translation>S. %1</translation>
    </message>
    <message>
        <source>p. %1 (PDF %2)</source>
        <comment>printed page, page of the file</comment>
        <translation>S. %1 (PDF %2)</translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln location(s) read, as of %2</source>
        <translation>
            <numerusform>%1 von %Ln Position gelesen, Stand %2</numerusform>
            <numerusform>%1 von %Ln Positionen gelesen, Stand %2</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln page(s) read, as of %2</source>
        <translation>
            <numerusform>%1 von %Ln Seite gelesen, Stand %2</numerusform>
            <numerusform>%1 von %Ln Seiten gelesen, Stand %2</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln location(s) read</source>
        <translation>
            <numerusform>%1 von %Ln Position gelesen</numerusform>
            <numerusform>%1 von %Ln Positionen gelesen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln page(s) read</source>
        <translation>
            <numerusform>%1 von %Ln Seite gelesen</numerusform>
            <numerusform>%1 von %Ln Seiten gelesen</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 by text recognition</source>
        <translation>%1 durch Texterkennung</translation>
    </message>
    <message>
        <source>%1 empty</source>
        <translation>%1 leer</translation>
    </message>
    <message>
        <source>%1 failed</source>
        <translation>%1 fehlgeschlagen</translation>
    </message>
    <message>
        <source>%1 failed: %2</source>
        <comment>number, list of pages</comment>
        <translation>%1 fehlgeschlagen: %2</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <comment>title, place in it</comment>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>The sentence has evidence</source>
        <translation>Der Satz ist belegt</translation>
    </message>
    <message>
        <source>The sentence has no evidence</source>
        <translation>Der Satz ist nicht belegt</translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln sentence(s) have evidence</source>
        <translation>
            <numerusform>%1 von %Ln Satz ist belegt</numerusform>
            <numerusform>%1 von %Ln Sätzen sind belegt</numerusform>
        </translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>reference, quote</comment>
        <translation>%1: %2</translation>
    </message>
</context>
<context>
    <name>ui::ExchangeDocument</name>
    <message>
        <source>Stopped before anything was written.</source>
        <translation>Abgebrochen, bevor etwas geschrieben war.</translation>
    </message>
    <message>
        <source>Looking for passages…</source>
        <translation>Passagen werden gesucht…</translation>
    </message>
    <message>
        <source>Passages found. Writing…</source>
        <translation>Passagen gefunden. Es wird geschrieben…</translation>
    </message>
    <message>
        <source>Stopped here.</source>
        <translation>Hier abgebrochen.</translation>
    </message>
    <message>
        <source>“%1”</source>
        <comment>a quote from a book</comment>
        <translation>„%1“</translation>
    </message>
    <message>
        <source>Open</source>
        <comment>a passage in its book</comment>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Copy</source>
        <comment>a quote</comment>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Show less</source>
        <comment>of a passage</comment>
        <translation>Weniger zeigen</translation>
    </message>
    <message>
        <source>Show all</source>
        <comment>of a passage</comment>
        <translation>Alles zeigen</translation>
    </message>
    <message>
        <source>Hide details</source>
        <translation>Einzelheiten ausblenden</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>name of a fact, its value</comment>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>as of %1</source>
        <comment>a page</comment>
        <translation>Stand %1</translation>
    </message>
    <message>
        <source>Ask again</source>
        <translation>Noch einmal fragen</translation>
    </message>
    <message>
        <source>Copy summary</source>
        <translation>Zusammenfassung kopieren</translation>
    </message>
    <message>
        <source>Copy answer</source>
        <translation>Antwort kopieren</translation>
    </message>
    <message>
        <source>Show earlier questions</source>
        <translation>Frühere Fragen zeigen</translation>
    </message>
</context>
<context>
    <name>ui::ExchangeModel</name>
    <message>
        <source>%1 Basis: %2.</source>
        <comment>sentence of an answer, evidence or memory or model</comment>
        <translation>%1 Grundlage: %2.</translation>
    </message>
    <message>
        <source>The answer was stopped.</source>
        <translation>Die Antwort wurde abgebrochen.</translation>
    </message>
    <message>
        <source>Question: %1</source>
        <translation>Frage: %1</translation>
    </message>
    <message>
        <source>Question: %1 As of %2.</source>
        <translation>Frage: %1 Stand %2.</translation>
    </message>
    <message>
        <source>The answer is being prepared.</source>
        <translation>Die Antwort wird vorbereitet.</translation>
    </message>
    <message>
        <source>Gist: %1</source>
        <translation>Kernaussage: %1</translation>
    </message>
    <message>
        <source>Failed: %1</source>
        <translation>Fehlgeschlagen: %1</translation>
    </message>
    <message>
        <source>Evidence %1: %2. Enter opens it.</source>
        <comment>number, reference with quote</comment>
        <translation>Beleg %1: %2. Die Eingabetaste öffnet ihn.</translation>
    </message>
    <message>
        <source>Coverage: %1</source>
        <translation>Abdeckung: %1</translation>
    </message>
    <message>
        <source>Notice: %1</source>
        <translation>Hinweis: %1</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>name of a fact, its value</comment>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Details: %1</source>
        <translation>Einzelheiten: %1</translation>
    </message>
    <message>
        <source>Details, collapsed. Space shows them.</source>
        <translation>Einzelheiten, eingeklappt. Die Leertaste zeigt sie.</translation>
    </message>
    <message>
        <source>There are earlier questions. Enter shows them.</source>
        <translation>Es gibt frühere Fragen. Die Eingabetaste zeigt sie.</translation>
    </message>
</context>
<context>
    <name>ui::ExchangeView</name>
    <message>
        <source>Open the page</source>
        <translation>Die Seite öffnen</translation>
    </message>
    <message>
        <source>Copy the quote with its reference</source>
        <translation>Das Zitat mit Quellenangabe kopieren</translation>
    </message>
    <message>
        <source>Copy the answer with references</source>
        <translation>Die Antwort mit Quellenangaben kopieren</translation>
    </message>
</context>
<context>
    <name>ui::ExportDialog</name>
    <message>
        <source>Markdown (.md)</source>
        <translation>Markdown (.md)</translation>
    </message>
    <message>
        <source>Plain text (.txt)</source>
        <translation>Reiner Text (.txt)</translation>
    </message>
    <message>
        <source>JSON, for other programs (.json)</source>
        <translation>JSON, für andere Programme (.json)</translation>
    </message>
    <message>
        <source>Web page (.html)</source>
        <translation>Webseite (.html)</translation>
    </message>
    <message>
        <source>Word (.docx)</source>
        <translation>Word (.docx)</translation>
    </message>
    <message>
        <source>OpenDocument (.odt)</source>
        <translation>OpenDocument (.odt)</translation>
    </message>
    <message>
        <source>PDF (.pdf)</source>
        <translation>PDF (.pdf)</translation>
    </message>
    <message>
        <source>export</source>
        <comment>name of a file</comment>
        <translation>Export</translation>
    </message>
    <message>
        <source>Replace the file</source>
        <translation>Die Datei ersetzen</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Everything</source>
        <translation>Alles</translation>
    </message>
    <message>
        <source>Questions and answers</source>
        <translation>Fragen und Antworten</translation>
    </message>
    <message>
        <source>Summaries</source>
        <translation>Zusammenfassungen</translation>
    </message>
    <message>
        <source>The text</source>
        <translation>Der Text</translation>
    </message>
    <message>
        <source>The outline</source>
        <translation>Die Gliederung</translation>
    </message>
    <message>
        <source>The coverage</source>
        <translation>Die Abdeckung</translation>
    </message>
    <message>
        <source>What is exported</source>
        <translation>Was exportiert wird</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Replace the file that exists</source>
        <translation>Die vorhandene Datei ersetzen</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>Durchsuchen…</translation>
    </message>
    <message>
        <source>Choose the file</source>
        <translation>Die Datei wählen</translation>
    </message>
    <message>
        <source>Close without an export</source>
        <translation>Ohne Export schließen</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>No document is open.</source>
        <translation>Es ist kein Dokument geöffnet.</translation>
    </message>
    <message>
        <source>Export from %1</source>
        <translation>Export aus %1</translation>
    </message>
    <message>
        <source>Name a file.</source>
        <translation>Nennen Sie eine Datei.</translation>
    </message>
    <message>
        <source>Name the file with its folder, or choose it with Browse.</source>
        <translation>Nennen Sie die Datei mit ihrem Ordner, oder wählen Sie sie mit „Durchsuchen“.</translation>
    </message>
    <message>
        <source>This is a folder; name a file in it.</source>
        <translation>Dies ist ein Ordner; nennen Sie eine Datei darin.</translation>
    </message>
    <message>
        <source>The folder %1 does not exist.</source>
        <translation>Den Ordner %1 gibt es nicht.</translation>
    </message>
    <message>
        <source>%1 exists already.</source>
        <translation>%1 gibt es schon.</translation>
    </message>
    <message>
        <source>The file is being written…</source>
        <translation>Die Datei wird geschrieben…</translation>
    </message>
</context>
<context>
    <name>ui::Exporting</name>
    <message>
        <source>Export to</source>
        <translation>Exportieren nach</translation>
    </message>
    <message>
        <source>Exported to %1.</source>
        <translation>Exportiert nach %1.</translation>
    </message>
    <message>
        <source>%1 exists already.</source>
        <translation>%1 gibt es schon.</translation>
    </message>
    <message>
        <source>%1 cannot be written: %2.</source>
        <translation>%1 kann nicht geschrieben werden: %2.</translation>
    </message>
</context>
<context>
    <name>ui::FailureBar</name>
    <message>
        <source>Password of this document</source>
        <translation>Passwort dieses Dokuments</translation>
    </message>
    <message>
        <source>Password</source>
        <translation>Passwort</translation>
    </message>
    <message>
        <source>Try Again</source>
        <translation>Noch einmal versuchen</translation>
    </message>
    <message>
        <source>Show the Pages</source>
        <translation>Seiten zeigen</translation>
    </message>
    <message>
        <source>Read Again</source>
        <translation>Neu lesen</translation>
    </message>
</context>
<context>
    <name>ui::FailureWords</name>
    <message>
        <source>%1 is of a kind that Infolio does not read; it reads PDF, EPUB, text and Markdown.</source>
        <translation>%1 ist von einer Art, die Infolio nicht liest; es liest PDF, EPUB, Text und Markdown.</translation>
    </message>
    <message>
        <source>%1 is locked and needs its password.</source>
        <translation>%1 ist gesperrt und braucht sein Passwort.</translation>
    </message>
    <message>
        <source>%1 is protected by its seller (DRM), and Infolio cannot read it.</source>
        <translation>%1 ist vom Verkäufer geschützt (DRM), und Infolio kann es nicht lesen.</translation>
    </message>
    <message>
        <source>%1 has no text, only pictures of pages, and this version does not recognise text in pictures. Add a text layer with another program.</source>
        <translation>%1 enthält keinen Text, nur Bilder von Seiten, und diese Fassung erkennt keinen Text in Bildern. Fügen Sie mit einem anderen Programm eine Textebene hinzu.</translation>
    </message>
    <message>
        <source>%1 is not there any more. Connect its drive or put it back; what was read is kept.</source>
        <translation>%1 ist nicht mehr da. Schließen Sie das Laufwerk an oder legen Sie die Datei zurück; was gelesen wurde, bleibt erhalten.</translation>
    </message>
    <message>
        <source>%1 was changed while it was read.</source>
        <translation>%1 wurde während des Lesens geändert.</translation>
    </message>
    <message>
        <source>The disk is full. Reading is paused and nothing is lost: free some space and go on.</source>
        <translation>Der Datenträger ist voll. Das Lesen ist angehalten und nichts ist verloren: Schaffen Sie Platz und setzen Sie es fort.</translation>
    </message>
    <message>
        <source>There is not enough memory. Reading is paused: close other programs and go on.</source>
        <translation>Der Arbeitsspeicher reicht nicht. Das Lesen ist angehalten: Schließen Sie andere Programme und setzen Sie es fort.</translation>
    </message>
    <message>
        <source>There is no model to read with. The text can be searched without one.</source>
        <translation>Es gibt kein Modell, mit dem gelesen werden könnte. Der Text lässt sich auch ohne durchsuchen.</translation>
    </message>
    <message>
        <source>Enter the Password…</source>
        <translation>Passwort eingeben…</translation>
    </message>
    <message>
        <source>Choose a Model…</source>
        <translation>Ein Modell wählen…</translation>
    </message>
    <message>
        <source>Choose a Device…</source>
        <translation>Ein Gerät wählen…</translation>
    </message>
    <message>
        <source>Go On</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Read Again</source>
        <translation>Neu lesen</translation>
    </message>
    <message>
        <source>Try Again</source>
        <translation>Noch einmal versuchen</translation>
    </message>
    <message>
        <source>That password does not open the file of “%1”.</source>
        <translation>Dieses Passwort öffnet die Datei von „%1“ nicht.</translation>
    </message>
    <message>
        <source>The file of “%1” is locked and needs its password.</source>
        <translation>Die Datei von „%1“ ist gesperrt und braucht ihr Passwort.</translation>
    </message>
    <message>
        <source>The file of “%1” is not where it was. Connect its drive, put it back, or read it from its new place; what was read is kept.</source>
        <translation>Die Datei von „%1“ ist nicht mehr dort, wo sie war. Schließen Sie das Laufwerk an, legen Sie die Datei zurück oder lesen Sie sie von ihrem neuen Ort; was gelesen wurde, bleibt erhalten.</translation>
    </message>
    <message>
        <source>The file of “%1” is not the one that was read, so its pages do not show. Read it again as it is now; what was read before is kept.</source>
        <translation>Die Datei von „%1“ ist nicht die, die gelesen wurde, deshalb werden ihre Seiten nicht gezeigt. Lesen Sie sie neu, wie sie jetzt ist; was vorher gelesen wurde, bleibt erhalten.</translation>
    </message>
</context>
<context>
    <name>ui::FindBar</name>
    <message>
        <source>&amp;Exact words</source>
        <translation>&amp;Genaue Wörter</translation>
    </message>
    <message>
        <source>Previous place</source>
        <translation>Vorige Stelle</translation>
    </message>
    <message>
        <source>Next place</source>
        <translation>Nächste Stelle</translation>
    </message>
    <message>
        <source>Words to find in this document</source>
        <translation>Wörter, die in diesem Dokument gesucht werden</translation>
    </message>
    <message>
        <source>Find in this document</source>
        <translation>In diesem Dokument suchen</translation>
    </message>
    <message>
        <source>Only the words as they are written, without their other forms</source>
        <translation>Nur die Wörter, wie sie geschrieben sind, ohne ihre anderen Formen</translation>
    </message>
    <message>
        <source>Close the find bar</source>
        <translation>Die Suchleiste schließen</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>Nicht gefunden</translation>
    </message>
    <message>
        <source>Searching…</source>
        <translation>Wird gesucht…</translation>
    </message>
    <message>
        <source>Clear the words</source>
        <translation>Die Wörter löschen</translation>
    </message>
</context>
<context>
    <name>ui::HitModel</name>
    <message>
        <source>More places in “%1”</source>
        <translation>Weitere Stellen in „%1“</translation>
    </message>
    <message>
        <source>“%1” has more places than are shown; another word leaves fewer.</source>
        <translation>„%1“ hat mehr Stellen, als gezeigt werden; mit einem Wort mehr werden es weniger.</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <comment>title, place in it</comment>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>title and place, passage</comment>
        <translation>%1: %2</translation>
    </message>
</context>
<context>
    <name>ui::HitView</name>
    <message>
        <source>Places in the text of the documents</source>
        <translation>Stellen im Text der Dokumente</translation>
    </message>
    <message>
        <source>Searching the text…</source>
        <translation>Der Text wird durchsucht…</translation>
    </message>
    <message>
        <source>In the text</source>
        <translation>Im Text</translation>
    </message>
    <message>
        <source>“%1” has no word to look for: type a letter or a number.</source>
        <translation>„%1“ enthält kein Wort, nach dem gesucht werden kann: Geben Sie einen Buchstaben oder eine Zahl ein.</translation>
    </message>
    <message>
        <source>No passage has all of these words. Take fewer of them, or others.</source>
        <translation>Keine Passage enthält alle diese Wörter. Nehmen Sie weniger davon oder andere.</translation>
    </message>
    <message>
        <source>No passage of this collection has all of these words. Take fewer of them, or search all documents.</source>
        <translation>Keine Passage dieser Sammlung enthält alle diese Wörter. Nehmen Sie weniger davon, oder durchsuchen Sie alle Dokumente.</translation>
    </message>
    <message numerus="yes">
        <source>In the text of %Ln document(s), and there are more places: another word leaves fewer.</source>
        <translation>
            <numerusform>Im Text von %Ln Dokument, und es gibt weitere Stellen: Mit einem Wort mehr werden es weniger.</numerusform>
            <numerusform>Im Text von %Ln Dokumenten, und es gibt weitere Stellen: Mit einem Wort mehr werden es weniger.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>In the text of %Ln document(s)</source>
        <translation>
            <numerusform>Im Text von %Ln Dokument</numerusform>
            <numerusform>Im Text von %Ln Dokumenten</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::LibraryModel</name>
    <message numerus="yes">
        <source>%1 of %Ln location(s)</source>
        <translation>
            <numerusform>%1/%Ln Position</numerusform>
            <numerusform>%1/%Ln Positionen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln page(s)</source>
        <translation>
            <numerusform>%1/%Ln Seite</numerusform>
            <numerusform>%1/%Ln Seiten</numerusform>
        </translation>
    </message>
    <message>
        <source>Queued</source>
        <translation>Wartet</translation>
    </message>
    <message>
        <source>Text ready</source>
        <translation>Text bereit</translation>
    </message>
    <message>
        <source>Reading · %1 %</source>
        <translation>Wird gelesen · %1 %</translation>
    </message>
    <message>
        <source>Reading</source>
        <translation>Wird gelesen</translation>
    </message>
    <message>
        <source>Paused · %1</source>
        <translation>Angehalten · %1</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>Read · %1</source>
        <translation>Gelesen · %1</translation>
    </message>
    <message>
        <source>Read</source>
        <translation>Gelesen</translation>
    </message>
    <message>
        <source>Read with gaps · %1 failed</source>
        <translation>Mit Lücken gelesen · %1 fehlgeschlagen</translation>
    </message>
    <message>
        <source>Read with gaps</source>
        <translation>Mit Lücken gelesen</translation>
    </message>
    <message>
        <source>Locked</source>
        <translation>Gesperrt</translation>
    </message>
    <message>
        <source>No text</source>
        <translation>Kein Text</translation>
    </message>
    <message>
        <source>Damaged: %1 open</source>
        <translation>Beschädigt: %1 lesbar</translation>
    </message>
    <message>
        <source>Damaged</source>
        <translation>Beschädigt</translation>
    </message>
    <message>
        <source>Removed</source>
        <translation>Entfernt</translation>
    </message>
    <message>
        <source>Untitled document</source>
        <translation>Dokument ohne Titel</translation>
    </message>
    <message>
        <source>&lt;p&gt;&lt;b&gt;%1&lt;/b&gt;&lt;br&gt;%2&lt;br&gt;%3&lt;/p&gt;</source>
        <translation>&lt;p&gt;&lt;b&gt;%1&lt;/b&gt;&lt;br&gt;%2&lt;br&gt;%3&lt;/p&gt;</translation>
    </message>
    <message>
        <source>%1. %2</source>
        <translation>%1. %2</translation>
    </message>
    <message>
        <source>%1, by %2. %3</source>
        <translation>%1, von %2. %3</translation>
    </message>
    <message>
        <source>Memory outdated</source>
        <translation>Gedächtnis veraltet</translation>
    </message>
</context>
<context>
    <name>ui::LibraryView</name>
    <message>
        <source>Find documents by title or author, and places in their text</source>
        <translation>Dokumente nach Titel oder Autor finden, und Stellen in ihrem Text</translation>
    </message>
    <message>
        <source>Title, author or text</source>
        <translation>Titel, Autor oder Text</translation>
    </message>
    <message>
        <source>Collection</source>
        <translation>Sammlung</translation>
    </message>
    <message>
        <source>All documents</source>
        <translation>Alles</translation>
    </message>
    <message>
        <source>Order of the library</source>
        <translation>Reihenfolge der Bibliothek</translation>
    </message>
    <message>
        <source>By title</source>
        <translation>Nach Titel</translation>
    </message>
    <message>
        <source>By author</source>
        <translation>Nach Autor</translation>
    </message>
    <message>
        <source>Newest first</source>
        <translation>Neueste</translation>
    </message>
    <message>
        <source>By state</source>
        <translation>Nach Status</translation>
    </message>
    <message>
        <source>Documents</source>
        <translation>Dokumente</translation>
    </message>
    <message>
        <source>Drop a book or a long document here, or choose one.</source>
        <translation>Ziehen Sie ein Buch oder ein langes Dokument hierher, oder wählen Sie eines.</translation>
    </message>
    <message>
        <source>Add files…</source>
        <translation>Dateien hinzufügen…</translation>
    </message>
    <message>
        <source>Read the sample book</source>
        <translation>Das Beispielbuch lesen</translation>
    </message>
    <message>
        <source>Show all documents</source>
        <translation>Alle Dokumente zeigen</translation>
    </message>
    <message>
        <source>&amp;Open</source>
        <translation>Ö&amp;ffnen</translation>
    </message>
    <message>
        <source>&amp;Read</source>
        <translation>&amp;Lesen</translation>
    </message>
    <message>
        <source>&amp;Pause reading</source>
        <translation>Lesen &amp;anhalten</translation>
    </message>
    <message>
        <source>&amp;Ask about this</source>
        <translation>&amp;Dazu fragen</translation>
    </message>
    <message>
        <source>&amp;Summarise</source>
        <translation>&amp;Zusammenfassen</translation>
    </message>
    <message>
        <source>&amp;Export…</source>
        <translation>&amp;Exportieren…</translation>
    </message>
    <message>
        <source>Show the &amp;file</source>
        <translation>Die Da&amp;tei zeigen</translation>
    </message>
    <message>
        <source>Re&amp;move from the library</source>
        <translation>Aus der &amp;Bibliothek entfernen</translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln document(s)</source>
        <translation>
            <numerusform>%1 von %Ln Dokument</numerusform>
            <numerusform>%1 von %Ln Dokumenten</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln document(s)</source>
        <translation>
            <numerusform>%Ln Dokument</numerusform>
            <numerusform>%Ln Dokumente</numerusform>
        </translation>
    </message>
    <message>
        <source>This collection is empty.</source>
        <translation>Diese Sammlung ist leer.</translation>
    </message>
    <message>
        <source>No document of this collection has “%1” in its title or author.</source>
        <translation>Kein Dokument dieser Sammlung enthält „%1“ im Titel oder Autor.</translation>
    </message>
    <message>
        <source>No document has “%1” in its title or author.</source>
        <translation>Kein Dokument enthält „%1“ im Titel oder Autor.</translation>
    </message>
    <message>
        <source>Clear the filter</source>
        <translation>Den Filter leeren</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>Filtern</translation>
    </message>
    <message>
        <source>&amp;Read again</source>
        <translation>Noch einmal &amp;lesen</translation>
    </message>
</context>
<context>
    <name>ui::LostRun</name>
    <message>
        <source>Infolio stopped unexpectedly while it was reading. What was read until then is kept.</source>
        <translation>Infolio wurde beim Lesen unerwartet beendet. Was bis dahin gelesen war, ist erhalten.</translation>
    </message>
    <message>
        <source>Infolio stopped unexpectedly while it was writing an answer or a summary.</source>
        <translation>Infolio wurde unerwartet beendet, während es eine Antwort oder Zusammenfassung schrieb.</translation>
    </message>
    <message>
        <source>Infolio stopped unexpectedly the last time.</source>
        <translation>Infolio wurde beim letzten Mal unerwartet beendet.</translation>
    </message>
    <message>
        <source>Show Report</source>
        <translation>Bericht zeigen</translation>
    </message>
    <message>
        <source>The report is not there any more.</source>
        <translation>Der Bericht ist nicht mehr da.</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>Bericht</translation>
    </message>
    <message>
        <source>This report was not sent anywhere. It holds numbers and names of program files, no text and no names of yours. Whoever is to find the fault can use it.</source>
        <translation>Dieser Bericht wurde nirgendwohin gesendet. Er enthält Zahlen und Namen von Programmdateien, keinen Text und keine Namen von Ihnen. Wer den Fehler suchen soll, kann ihn gebrauchen.</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
</context>
<context>
    <name>ui::MainWindow</name>
    <message>
        <source>Infolio</source>
        <translation>Infolio</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>Bibliothek</translation>
    </message>
    <message>
        <source>Contents</source>
        <translation>Inhalt</translation>
    </message>
    <message>
        <source>Trash</source>
        <translation>Papierkorb</translation>
    </message>
    <message>
        <source>Ask</source>
        <translation>Fragen</translation>
    </message>
    <message>
        <source>Summaries</source>
        <translation>Zusammenfassungen</translation>
    </message>
    <message>
        <source>Reading Queue</source>
        <translation>Leseliste</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>Werkzeuge</translation>
    </message>
    <message>
        <source>No model found: search and page view work, answers need one</source>
        <translation>Kein Modell gefunden: Suche und Seitenansicht gehen, Antworten brauchen eines</translation>
    </message>
    <message>
        <source>Summaries need a model.</source>
        <translation>Zusammenfassungen brauchen ein Modell.</translation>
    </message>
    <message>
        <source>%1 is missing: search and page view work, answers need a model</source>
        <translation>%1 fehlt: Suche und Seitenansicht gehen, Antworten brauchen ein Modell</translation>
    </message>
    <message>
        <source>%1 · %2 · no adapter: memory untrained, small fixed gate</source>
        <translation>%1 · %2 · kein Adapter: Gedächtnis untrainiert, kleines festes Gewicht</translation>
    </message>
    <message>
        <source>No device</source>
        <translation>Kein Gerät</translation>
    </message>
    <message>
        <source>GPU</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>About Infolio</source>
        <translation>Über Infolio</translation>
    </message>
    <message>
        <source>Infolio %1</source>
        <translation>Infolio %1</translation>
    </message>
    <message>
        <source>Reads whole books on this computer and answers with quotes that you can check. Nothing is sent anywhere.</source>
        <translation>Liest ganze Bücher auf diesem Computer und antwortet mit Zitaten, die Sie prüfen können. Nichts wird irgendwohin gesendet.</translation>
    </message>
    <message>
        <source>Drop to read</source>
        <translation>Zum Lesen loslassen</translation>
    </message>
    <message>
        <source>Infolio reads files of this computer and fetches nothing from the network: save the page or book as a file and drop that.</source>
        <translation>Infolio liest Dateien dieses Computers und holt nichts aus dem Netz: Speichern Sie die Seite oder das Buch als Datei und ziehen Sie diese hierher.</translation>
    </message>
    <message>
        <source>Finishing the current segment…</source>
        <translation>Der laufende Abschnitt wird beendet…</translation>
    </message>
    <message>
        <source>Add Files</source>
        <translation>Dateien hinzufügen</translation>
    </message>
    <message>
        <source>Books and documents (*.pdf *.epub *.txt *.md *.markdown)</source>
        <translation>Bücher und Dokumente (*.pdf *.epub *.txt *.md *.markdown)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Add Folder</source>
        <translation>Ordner hinzufügen</translation>
    </message>
    <message>
        <source>Password</source>
        <translation>Passwort</translation>
    </message>
    <message>
        <source>Password of %1:</source>
        <translation>Passwort von %1:</translation>
    </message>
    <message>
        <source>%1 cannot be written.</source>
        <translation>%1 kann nicht geschrieben werden.</translation>
    </message>
    <message>
        <source>What does this mean: “%1”</source>
        <translation>Was bedeutet das: „%1“</translation>
    </message>
    <message>
        <source>Select documents in the library and choose “Ask About” in their menu, or open one.</source>
        <translation>Wählen Sie in der Bibliothek Dokumente aus und in deren Menü „Dazu fragen“, oder öffnen Sie eines.</translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) of other kinds were left out, the first is %1.</source>
        <translation>
            <numerusform>%n Datei anderer Art wurde ausgelassen: %1.</numerusform>
            <numerusform>%n Dateien anderer Art wurden ausgelassen, die erste ist %1.</numerusform>
        </translation>
    </message>
    <message>
        <source>There is no PDF, EPUB, text or Markdown file in this folder.</source>
        <translation>In diesem Ordner liegt keine PDF-, EPUB-, Text- oder Markdown-Datei.</translation>
    </message>
    <message>
        <source>%1 – Infolio</source>
        <translation>%1 – Infolio</translation>
    </message>
    <message>
        <source>%1 · %2 · adapter %3</source>
        <translation>%1 · %2 · Adapter %3</translation>
    </message>
    <message>
        <source>All questions and answers are deleted; summaries are kept.</source>
        <translation>Alle Fragen und Antworten sind gelöscht; Zusammenfassungen bleiben erhalten.</translation>
    </message>
    <message>
        <source>Link</source>
        <translation>Verweis</translation>
    </message>
    <message>
        <source>This link leads out of the book.</source>
        <translation>Dieser Verweis führt aus dem Buch hinaus.</translation>
    </message>
    <message>
        <source>Copy Address</source>
        <translation>Adresse kopieren</translation>
    </message>
    <message>
        <source>Write a Message</source>
        <translation>Nachricht schreiben</translation>
    </message>
    <message>
        <source>Open in the Browser</source>
        <translation>Im Browser öffnen</translation>
    </message>
    <message>
        <source>%1 is no folder.</source>
        <translation>%1 ist kein Ordner.</translation>
    </message>
    <message>
        <source>%1 cannot be written; a library needs a folder of yours.</source>
        <translation>%1 lässt sich nicht beschreiben; eine Bibliothek braucht einen Ordner, der Ihnen gehört.</translation>
    </message>
    <message>
        <source>%1 holds other files and no library. Choose an empty folder, or one with a library in it.</source>
        <translation>%1 enthält andere Dateien und keine Bibliothek. Wählen Sie einen leeren Ordner oder einen, in dem eine Bibliothek liegt.</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Family</source>
        <translation>Familie</translation>
    </message>
    <message>
        <source>Size of a memory</source>
        <translation>Größe eines Gedächtnisses</translation>
    </message>
    <message>
        <source>Choose a Model</source>
        <translation>Ein Modell wählen</translation>
    </message>
    <message>
        <source>Models (*.gguf)</source>
        <translation>Modelle (*.gguf)</translation>
    </message>
    <message>
        <source>Choose an Adapter</source>
        <translation>Einen Adapter wählen</translation>
    </message>
    <message>
        <source>Choose the Folder of a Library</source>
        <translation>Den Ordner einer Bibliothek wählen</translation>
    </message>
    <message>
        <source>%1 The model that was in use stays.</source>
        <translation>%1 Das bisherige Modell bleibt in Gebrauch.</translation>
    </message>
    <message>
        <source>Looking at the model…</source>
        <translation>Das Modell wird geprüft…</translation>
    </message>
    <message>
        <source>“%1” is not read to its end. Nothing of what was read is lost.</source>
        <translation>„%1“ ist nicht zu Ende gelesen. Von dem Gelesenen ist nichts verloren.</translation>
    </message>
    <message numerus="yes">
        <source>%n document(s) are not read to their end. Nothing of what was read is lost.</source>
        <translation>
            <numerusform>%n Dokument ist nicht zu Ende gelesen. Von dem Gelesenen ist nichts verloren.</numerusform>
            <numerusform>%n Dokumente sind nicht zu Ende gelesen. Von dem Gelesenen ist nichts verloren.</numerusform>
        </translation>
    </message>
    <message>
        <source>Go On Reading</source>
        <translation>Weiterlesen</translation>
    </message>
    <message>
        <source>“%1” was deleted from the library by another program, and its tab is closed. Add its file to read it again.</source>
        <translation>„%1“ wurde von einem anderen Programm aus der Bibliothek gelöscht, und der Reiter ist geschlossen. Fügen Sie die Datei hinzu, um sie noch einmal zu lesen.</translation>
    </message>
</context>
<context>
    <name>ui::MemoryStrip</name>
    <message>
        <source>Memory of the document</source>
        <translation>Gedächtnis des Dokuments</translation>
    </message>
    <message>
        <source>Left and Right move from cell to cell, Return goes to the page.</source>
        <translation>Die Pfeiltasten links und rechts gehen von Feld zu Feld, die Eingabetaste geht zur Seite.</translation>
    </message>
    <message>
        <source>Location %1</source>
        <translation>Position %1</translation>
    </message>
    <message>
        <source>Page %1</source>
        <translation>Seite %1</translation>
    </message>
    <message>
        <source>Page %1 (PDF %2)</source>
        <translation>Seite %1 (PDF %2)</translation>
    </message>
    <message>
        <source>Its text was recognised in a picture.</source>
        <translation>Ihr Text wurde in einem Bild erkannt.</translation>
    </message>
    <message>
        <source>Some text was recognised in pictures.</source>
        <translation>Ein Teil des Textes wurde in Bildern erkannt.</translation>
    </message>
    <message>
        <source>No text stands here.</source>
        <translation>Hier steht kein Text.</translation>
    </message>
    <message>
        <source>It could not be read.</source>
        <translation>Sie konnte nicht gelesen werden.</translation>
    </message>
    <message>
        <source>At least one page could not be read.</source>
        <translation>Mindestens eine Seite konnte nicht gelesen werden.</translation>
    </message>
    <message>
        <source>Its text is not known yet.</source>
        <translation>Ihr Text ist noch nicht bekannt.</translation>
    </message>
    <message>
        <source>%1.</source>
        <translation>%1.</translation>
    </message>
    <message>
        <source>%1 to %2.</source>
        <translation>%1 bis %2.</translation>
    </message>
    <message>
        <source>In memory.</source>
        <translation>Im Gedächtnis.</translation>
    </message>
    <message>
        <source>Partly in memory.</source>
        <translation>Teilweise im Gedächtnis.</translation>
    </message>
    <message>
        <source>Not in memory.</source>
        <translation>Nicht im Gedächtnis.</translation>
    </message>
    <message>
        <source>A snapshot was taken here.</source>
        <translation>Hier wurde eine Momentaufnahme gemacht.</translation>
    </message>
    <message>
        <source>Answers use nothing after this place.</source>
        <translation>Antworten verwenden nichts, was nach dieser Stelle steht.</translation>
    </message>
    <message>
        <source>Behind the bound: answers use nothing from here.</source>
        <translation>Hinter der Grenze: Antworten verwenden nichts von hier.</translation>
    </message>
    <message>
        <source>You are here.</source>
        <translation>Sie sind hier.</translation>
    </message>
    <message>
        <source>It could not be read: %1.</source>
        <comment>a clause</comment>
        <translation>Sie konnte nicht gelesen werden: %1.</translation>
    </message>
</context>
<context>
    <name>ui::MessageBar</name>
    <message>
        <source>Close this message</source>
        <translation>Diese Meldung schließen</translation>
    </message>
    <message>
        <source>Close this message (Esc)</source>
        <translation>Diese Meldung schließen (Esc)</translation>
    </message>
    <message>
        <source>%1 more</source>
        <translation>%1 weitere</translation>
    </message>
    <message>
        <source>Failed: %1</source>
        <translation>Fehlgeschlagen: %1</translation>
    </message>
</context>
<context>
    <name>ui::Notifier</name>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
</context>
<context>
    <name>ui::PageView</name>
    <message>
        <source>Pages</source>
        <translation>Seiten</translation>
    </message>
    <message>
        <source>Page %1</source>
        <translation>Seite %1</translation>
    </message>
    <message>
        <source>Page %1 (PDF %2)</source>
        <translation>Seite %1 (PDF %2)</translation>
    </message>
    <message>
        <source>This document has no pages.</source>
        <translation>Dieses Dokument hat keine Seiten.</translation>
    </message>
    <message>
        <source>%1 cannot be shown</source>
        <translation>%1 kann nicht gezeigt werden</translation>
    </message>
</context>
<context>
    <name>ui::PrintPages</name>
    <message>
        <source>Page %1 cannot be printed: %2</source>
        <translation>Seite %1 kann nicht gedruckt werden: %2</translation>
    </message>
</context>
<context>
    <name>ui::Printing</name>
    <message>
        <source>%1 is being printed…</source>
        <translation>%1 wird gedruckt…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Print</source>
        <translation>Drucken</translation>
    </message>
    <message>
        <source>The printer took no pages.</source>
        <translation>Der Drucker hat keine Seiten angenommen.</translation>
    </message>
</context>
<context>
    <name>ui::QueueModel</name>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln location(s)</source>
        <translation>
            <numerusform>%1 von %Ln Position</numerusform>
            <numerusform>%1 von %Ln Positionen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln passage(s)</source>
        <translation>
            <numerusform>%1 von %Ln Passage</numerusform>
            <numerusform>%1 von %Ln Passagen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln token(s)</source>
        <translation>
            <numerusform>%1 von %Ln Token</numerusform>
            <numerusform>%1 von %Ln Token</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln page(s)</source>
        <translation>
            <numerusform>%1 von %Ln Seite</numerusform>
            <numerusform>%1 von %Ln Seiten</numerusform>
        </translation>
    </message>
    <message>
        <source>Checking the file: %1</source>
        <translation>Datei wird geprüft: %1</translation>
    </message>
    <message>
        <source>Checking the file</source>
        <translation>Datei wird geprüft</translation>
    </message>
    <message>
        <source>Taking out the text: %1</source>
        <translation>Text wird entnommen: %1</translation>
    </message>
    <message>
        <source>Taking out the text</source>
        <translation>Text wird entnommen</translation>
    </message>
    <message>
        <source>Indexing: %1</source>
        <translation>Wird indiziert: %1</translation>
    </message>
    <message>
        <source>Indexing</source>
        <translation>Wird indiziert</translation>
    </message>
    <message>
        <source>Reading: %1</source>
        <translation>Wird gelesen: %1</translation>
    </message>
    <message>
        <source>Reading</source>
        <translation>Wird gelesen</translation>
    </message>
    <message>
        <source>Working: %1</source>
        <translation>In Arbeit: %1</translation>
    </message>
    <message>
        <source>Working</source>
        <translation>In Arbeit</translation>
    </message>
    <message>
        <source>%1/s</source>
        <translation>%1/s</translation>
    </message>
    <message>
        <source>%1 pages/s</source>
        <translation>%1 Seiten/s</translation>
    </message>
    <message>
        <source>%1 locations/s</source>
        <translation>%1 Positionen/s</translation>
    </message>
    <message>
        <source>%1 passages/s</source>
        <translation>%1 Passagen/s</translation>
    </message>
    <message>
        <source>%1 tokens/s</source>
        <translation>%1 Token/s</translation>
    </message>
    <message>
        <source>less than a minute left</source>
        <translation>noch weniger als eine Minute</translation>
    </message>
    <message numerus="yes">
        <source>about %n minute(s) left</source>
        <translation>
            <numerusform>noch etwa %n Minute</numerusform>
            <numerusform>noch etwa %n Minuten</numerusform>
        </translation>
    </message>
    <message>
        <source>more than a day left</source>
        <translation>noch mehr als ein Tag</translation>
    </message>
    <message numerus="yes">
        <source>about %n hour(s) left</source>
        <translation>
            <numerusform>noch etwa %n Stunde</numerusform>
            <numerusform>noch etwa %n Stunden</numerusform>
        </translation>
    </message>
    <message>
        <source>about %1 h %2 min left</source>
        <translation>noch etwa %1 h %2 min</translation>
    </message>
    <message>
        <source>Paused before it began</source>
        <translation>Vor Beginn angehalten</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartet</translation>
    </message>
    <message>
        <source>Paused at %1</source>
        <translation>Angehalten bei %1</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Angehalten</translation>
    </message>
    <message numerus="yes">
        <source>%Ln document(s) in the queue.</source>
        <translation>
            <numerusform>%Ln Dokument auf der Liste.</numerusform>
            <numerusform>%Ln Dokumente auf der Liste.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln document(s) done.</source>
        <translation>
            <numerusform>%1 von %Ln Dokument fertig.</numerusform>
            <numerusform>%1 von %Ln Dokumenten fertig.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln could not be read.</source>
        <translation>
            <numerusform>%Ln konnte nicht gelesen werden.</numerusform>
            <numerusform>%Ln konnten nicht gelesen werden.</numerusform>
        </translation>
    </message>
    <message>
        <source>Paused.</source>
        <translation>Angehalten.</translation>
    </message>
    <message>
        <source>%1. %2</source>
        <translation>%1. %2</translation>
    </message>
    <message>
        <source>%1. %2. %3</source>
        <translation>%1. %2. %3</translation>
    </message>
</context>
<context>
    <name>ui::QueueRow</name>
    <message>
        <source>Progress of %1</source>
        <translation>Fortschritt von %1</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Go on reading</source>
        <translation>Weiterlesen</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Go on reading %1</source>
        <translation>%1 weiterlesen</translation>
    </message>
    <message>
        <source>Pause %1</source>
        <translation>%1 anhalten</translation>
    </message>
    <message>
        <source>Read earlier</source>
        <translation>Früher lesen</translation>
    </message>
    <message>
        <source>Read %1 earlier</source>
        <translation>%1 früher lesen</translation>
    </message>
    <message>
        <source>Read later</source>
        <translation>Später lesen</translation>
    </message>
    <message>
        <source>Read %1 later</source>
        <translation>%1 später lesen</translation>
    </message>
    <message>
        <source>Take off the list</source>
        <translation>Von der Liste nehmen</translation>
    </message>
    <message>
        <source>Stop reading; what was read is kept</source>
        <translation>Lesen beenden; was gelesen ist, bleibt</translation>
    </message>
    <message>
        <source>Take %1 off the list</source>
        <translation>%1 von der Liste nehmen</translation>
    </message>
    <message>
        <source>Stop reading %1</source>
        <translation>Lesen von %1 beenden</translation>
    </message>
</context>
<context>
    <name>ui::QueueView</name>
    <message>
        <source>Progress of the whole queue</source>
        <translation>Fortschritt der ganzen Liste</translation>
    </message>
    <message>
        <source>Reading queue</source>
        <translation>Leseliste</translation>
    </message>
    <message>
        <source>Go on with all</source>
        <translation>Alle fortsetzen</translation>
    </message>
    <message>
        <source>Pause all</source>
        <translation>Alle anhalten</translation>
    </message>
</context>
<context>
    <name>ui::ReadingMenu</name>
    <message>
        <source>&amp;Ask about this</source>
        <translation>&amp;Dazu fragen</translation>
    </message>
    <message>
        <source>Set as-of &amp;here</source>
        <translation>&amp;Stand hier setzen</translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation>&amp;Kopieren</translation>
    </message>
    <message>
        <source>Copy &amp;with citation</source>
        <translation>&amp;Mit Quellenangabe kopieren</translation>
    </message>
</context>
<context>
    <name>ui::ReadingNews</name>
    <message>
        <source>Reading has ended</source>
        <translation>Lesen beendet</translation>
    </message>
    <message>
        <source>“%1” has been read.</source>
        <translation>„%1“ ist gelesen.</translation>
    </message>
    <message>
        <source>A document has been read.</source>
        <translation>Ein Dokument ist gelesen.</translation>
    </message>
    <message>
        <source>Reading has failed</source>
        <translation>Lesen fehlgeschlagen</translation>
    </message>
    <message>
        <source>“%1” could not be read to its end.</source>
        <translation>„%1“ konnte nicht zu Ende gelesen werden.</translation>
    </message>
    <message>
        <source>A document could not be read to its end.</source>
        <translation>Ein Dokument konnte nicht zu Ende gelesen werden.</translation>
    </message>
</context>
<context>
    <name>ui::ReadingNotices</name>
    <message numerus="yes">
        <source>%n note(s) on what was read, the last one: %1</source>
        <translation>
            <numerusform>%n Hinweis zum Gelesenen: %1</numerusform>
            <numerusform>%n Hinweise zum Gelesenen, der letzte: %1</numerusform>
        </translation>
    </message>
    <message>
        <source>Show All</source>
        <translation>Alle zeigen</translation>
    </message>
    <message>
        <source>Notes on What Was Read</source>
        <translation>Hinweise zum Gelesenen</translation>
    </message>
</context>
<context>
    <name>ui::SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Pages of settings</source>
        <translation>Seiten der Einstellungen</translation>
    </message>
    <message>
        <source>Close the settings</source>
        <translation>Die Einstellungen schließen</translation>
    </message>
    <message>
        <source>Reading</source>
        <translation>Lesen</translation>
    </message>
    <message>
        <source>Tokens in a segment</source>
        <translation>Token in einem Abschnitt</translation>
    </message>
    <message>
        <source> tokens</source>
        <translation> Token</translation>
    </message>
    <message>
        <source>Segment</source>
        <translation>Abschnitt</translation>
    </message>
    <message>
        <source>So much is read in one step. A larger segment reads faster and needs more working memory; a pause waits for its end.</source>
        <translation>So viel wird in einem Schritt gelesen. Ein größerer Abschnitt liest sich schneller und braucht mehr Arbeitsspeicher; beim Anhalten wird auf sein Ende gewartet.</translation>
    </message>
    <message>
        <source>Segments between two snapshots</source>
        <translation>Abschnitte zwischen zwei Momentaufnahmen</translation>
    </message>
    <message>
        <source>Snapshot every</source>
        <translation>Momentaufnahme alle</translation>
    </message>
    <message>
        <source> segments</source>
        <translation> Abschnitte</translation>
    </message>
    <message>
        <source>The processor reads: %1.</source>
        <translation>Der Prozessor liest: %1.</translation>
    </message>
    <message>
        <source>Device that reads and answers</source>
        <translation>Gerät, das liest und antwortet</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Processor threads</source>
        <translation>Threads des Prozessors</translation>
    </message>
    <message>
        <source>One per core</source>
        <translation>Einer je Kern</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Threads</translation>
    </message>
    <message>
        <source>When text is recognised in pictures of pages</source>
        <translation>Wann Text in Bildern von Seiten erkannt wird</translation>
    </message>
    <message>
        <source>On pages without text</source>
        <translation>Auf Seiten ohne Text</translation>
    </message>
    <message>
        <source>Never</source>
        <translation>Nie</translation>
    </message>
    <message>
        <source>On every page</source>
        <translation>Auf jeder Seite</translation>
    </message>
    <message>
        <source>Recognise text</source>
        <translation>Text erkennen</translation>
    </message>
    <message>
        <source>Languages of recognised text, such as eng+deu</source>
        <translation>Sprachen des erkannten Textes, etwa eng+deu</translation>
    </message>
    <message>
        <source>Its language</source>
        <translation>Seine Sprache</translation>
    </message>
    <message>
        <source>Answers</source>
        <translation>Antworten</translation>
    </message>
    <message>
        <source>Pieces of evidence for an answer</source>
        <translation>Belege für eine Antwort</translation>
    </message>
    <message>
        <source>Pieces of evidence</source>
        <translation>Belege</translation>
    </message>
    <message>
        <source>Longest gist in tokens</source>
        <translation>Längste Kernaussage in Token</translation>
    </message>
    <message>
        <source>Longest gist</source>
        <translation>Längste Kernaussage</translation>
    </message>
    <message>
        <source>Show only sentences that have evidence</source>
        <translation>Nur Sätze mit Beleg zeigen</translation>
    </message>
    <message>
        <source>Draw words by lot, with this seed:</source>
        <translation>Wörter auslosen, mit diesem Startwert:</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Startwert</translation>
    </message>
    <message>
        <source>Otherwise the most probable word is taken, and the same question has the same answer.</source>
        <translation>Sonst wird das wahrscheinlichste Wort genommen, und dieselbe Frage hat dieselbe Antwort.</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Choose a model file…</source>
        <translation>Eine Modelldatei wählen…</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>Adapter</translation>
    </message>
    <message>
        <source>Use Infolio&apos;s own</source>
        <translation>Den von Infolio verwenden</translation>
    </message>
    <message>
        <source>The one that comes with Infolio, where it fits the model</source>
        <translation>Der mit Infolio gelieferte, wo er zum Modell passt</translation>
    </message>
    <message>
        <source>Use no adapter</source>
        <translation>Keinen Adapter verwenden</translation>
    </message>
    <message>
        <source>Choose an adapter file…</source>
        <translation>Eine Adapterdatei wählen…</translation>
    </message>
    <message>
        <source>Infolio never downloads a model. Memories belong to the model and the adapter that read them: with another one, books are read again.</source>
        <translation>Infolio lädt nie ein Modell herunter. Ein Gedächtnis gehört zu dem Modell und dem Adapter, die es gelesen haben: Mit anderen werden Bücher neu gelesen.</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>Bibliothek</translation>
    </message>
    <message>
        <source>Place</source>
        <translation>Ort</translation>
    </message>
    <message>
        <source>Use another folder…</source>
        <translation>Anderen Ordner verwenden…</translation>
    </message>
    <message>
        <source>Show the Trash</source>
        <translation>Papierkorb zeigen</translation>
    </message>
    <message>
        <source>The library holds text, memories, questions and summaries. Your own files stay where they are and are never changed.</source>
        <translation>Die Bibliothek enthält Text, Gedächtnisse, Fragen und Zusammenfassungen. Ihre eigenen Dateien bleiben, wo sie sind, und werden nie verändert.</translation>
    </message>
    <message>
        <source>Look</source>
        <translation>Aussehen</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Size of the text in the window</source>
        <translation>Größe des Textes im Fenster</translation>
    </message>
    <message>
        <source> %</source>
        <translation> %</translation>
    </message>
    <message>
        <source>Text size</source>
        <translation>Textgröße</translation>
    </message>
    <message>
        <source>Invert the colours of pages</source>
        <translation>Farben der Seiten umkehren</translation>
    </message>
    <message>
        <source>Privacy</source>
        <translation>Datenschutz</translation>
    </message>
    <message>
        <source>Keep questions and answers in the library</source>
        <translation>Fragen und Antworten in der Bibliothek behalten</translation>
    </message>
    <message>
        <source>Delete all questions and answers…</source>
        <translation>Alle Fragen und Antworten löschen…</translation>
    </message>
    <message>
        <source>Reader only: hide questions and summaries</source>
        <translation>Nur lesen: Fragen und Zusammenfassungen ausblenden</translation>
    </message>
    <message>
        <source>Show titles of documents in notifications</source>
        <translation>Titel von Dokumenten in Benachrichtigungen zeigen</translation>
    </message>
    <message>
        <source>Nothing is sent anywhere. Log files hold numbers and codes, no text of yours.</source>
        <translation>Nichts wird irgendwohin gesendet. Protokolle enthalten Zahlen und Kennungen, keinen Text von Ihnen.</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>Prozessor</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>name of a fact, its value</comment>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>The usual place</source>
        <translation>Der übliche Ort</translation>
    </message>
    <message>
        <source>%1
%2 used</source>
        <comment>folder, size</comment>
        <translation>%1
%2 belegt</translation>
    </message>
    <message>
        <source>Show the Trash (%1)</source>
        <translation>Papierkorb zeigen (%1)</translation>
    </message>
    <message>
        <source>%1 (not found)</source>
        <translation>%1 (nicht gefunden)</translation>
    </message>
    <message>
        <source>None: the memory is untrained</source>
        <translation>Keiner: Das Gedächtnis ist untrainiert</translation>
    </message>
    <message>
        <source>These count from the next start of Infolio on.</source>
        <translation>Diese gelten ab dem nächsten Start von Infolio.</translation>
    </message>
    <message>
        <source>All questions and answers of this library go and cannot be brought back. Summaries are kept.</source>
        <translation>Alle Fragen und Antworten dieser Bibliothek werden gelöscht und lassen sich nicht zurückholen. Zusammenfassungen bleiben erhalten.</translation>
    </message>
    <message>
        <source>Keep Them</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>Keep questions and answers</source>
        <translation>Fragen und Antworten behalten</translation>
    </message>
    <message>
        <source>Delete for Good</source>
        <translation>Endgültig löschen</translation>
    </message>
    <message>
        <source>None was found</source>
        <translation>Es wurde keines gefunden</translation>
    </message>
</context>
<context>
    <name>ui::Shelf</name>
    <message numerus="yes">
        <source>%n document(s) moved to the Trash. Your files stay where they are.</source>
        <translation>
            <numerusform>%n Dokument liegt jetzt im Papierkorb. Ihre Datei bleibt, wo sie ist.</numerusform>
            <numerusform>%n Dokumente liegen jetzt im Papierkorb. Ihre Dateien bleiben, wo sie sind.</numerusform>
        </translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>The Trash is empty. Nothing of these documents is left in the library.</source>
        <translation>Der Papierkorb ist leer. Von diesen Dokumenten ist nichts mehr in der Bibliothek.</translation>
    </message>
    <message>
        <source>Deleting what is in the Trash…</source>
        <translation>Der Inhalt des Papierkorbs wird gelöscht…</translation>
    </message>
    <message numerus="yes">
        <source>%n document(s) will move to the Trash as soon as the deletion that is running has ended.</source>
        <translation>
            <numerusform>%n Dokument kommt in den Papierkorb, sobald das laufende Löschen beendet ist.</numerusform>
            <numerusform>%n Dokumente kommen in den Papierkorb, sobald das laufende Löschen beendet ist.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n document(s) will come back from the Trash as soon as the deletion that is running has ended.</source>
        <translation>
            <numerusform>%n Dokument kommt aus dem Papierkorb zurück, sobald das laufende Löschen beendet ist.</numerusform>
            <numerusform>%n Dokumente kommen aus dem Papierkorb zurück, sobald das laufende Löschen beendet ist.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::ShortcutsModel</name>
    <message>
        <source>no keys</source>
        <translation>keine Tasten</translation>
    </message>
    <message>
        <source>Action</source>
        <translation>Aktion</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>Belongs to</source>
        <translation>Gehört zu</translation>
    </message>
</context>
<context>
    <name>ui::ShortcutsView</name>
    <message>
        <source>Shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Filter the actions</source>
        <translation>Die Aktionen filtern</translation>
    </message>
    <message>
        <source>Filter by action or keys</source>
        <translation>Nach Aktion oder Tasten filtern</translation>
    </message>
    <message>
        <source>Actions and their keys</source>
        <translation>Aktionen und ihre Tasten</translation>
    </message>
    <message>
        <source>No action fits the filter.</source>
        <translation>Keine Aktion passt zum Filter.</translation>
    </message>
    <message>
        <source>Close the list</source>
        <translation>Die Liste schließen</translation>
    </message>
    <message>
        <source>Clear the filter</source>
        <translation>Den Filter leeren</translation>
    </message>
</context>
<context>
    <name>ui::Summarizing</name>
    <message>
        <source>loc. %1</source>
        <translation>Pos. %1</translation>
    </message>
    <message>
        <source>loc. %1–%2</source>
        <translation>Pos. %1–%2</translation>
    </message>
    <message>
        <source>p. %1</source>
        <translation>S. %1</translation>
    </message>
    <message>
        <source>pp. %1–%2</source>
        <translation>S. %1–%2</translation>
    </message>
    <message>
        <source>Whole book</source>
        <translation>Ganzes Buch</translation>
    </message>
</context>
<context>
    <name>ui::SummaryModel</name>
    <message>
        <source>no summary</source>
        <comment>state of a part of a book</comment>
        <translation>keine Zusammenfassung</translation>
    </message>
    <message>
        <source>making…</source>
        <translation>entsteht…</translation>
    </message>
    <message>
        <source>making, %1 %</source>
        <translation>entsteht, %1 %</translation>
    </message>
    <message>
        <source>made on %1</source>
        <translation>erstellt am %1</translation>
    </message>
    <message>
        <source>made</source>
        <translation>erstellt</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>%1, %2, summary: %3</source>
        <comment>title, pages, state</comment>
        <translation>%1, %2, Zusammenfassung: %3</translation>
    </message>
    <message>
        <source>%1 · %2</source>
        <comment>pages, state</comment>
        <translation>%1 · %2</translation>
    </message>
</context>
<context>
    <name>ui::SummaryView</name>
    <message>
        <source>Parts of the document and their summaries</source>
        <translation>Teile des Dokuments und ihre Zusammenfassungen</translation>
    </message>
    <message>
        <source>Length of the summary</source>
        <translation>Länge der Zusammenfassung</translation>
    </message>
    <message>
        <source>Short</source>
        <translation>Kurz</translation>
    </message>
    <message>
        <source>Medium</source>
        <translation>Mittel</translation>
    </message>
    <message>
        <source>Long</source>
        <translation>Lang</translation>
    </message>
    <message>
        <source>about 100 words</source>
        <translation>etwa 100 Wörter</translation>
    </message>
    <message>
        <source>about 300 words</source>
        <translation>etwa 300 Wörter</translation>
    </message>
    <message>
        <source>about 1,000 words</source>
        <translation>etwa 1.000 Wörter</translation>
    </message>
    <message>
        <source>Style of the summary</source>
        <translation>Stil der Zusammenfassung</translation>
    </message>
    <message>
        <source>Prose</source>
        <translation>Fließtext</translation>
    </message>
    <message>
        <source>Points</source>
        <translation>Punkte</translation>
    </message>
    <message>
        <source>Outline</source>
        <translation>Gliederung</translation>
    </message>
    <message>
        <source>Make</source>
        <translation>Erstellen</translation>
    </message>
    <message>
        <source>Make the summary of this part</source>
        <translation>Die Zusammenfassung dieses Teils erstellen</translation>
    </message>
    <message>
        <source>Make all</source>
        <translation>Alle erstellen</translation>
    </message>
    <message>
        <source>Make the summaries of all parts</source>
        <translation>Die Zusammenfassungen aller Teile erstellen</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren…</translation>
    </message>
    <message>
        <source>Export summaries</source>
        <translation>Zusammenfassungen exportieren</translation>
    </message>
    <message>
        <source>Summary and its sources</source>
        <translation>Zusammenfassung und ihre Quellen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Make again</source>
        <translation>Neu erstellen</translation>
    </message>
    <message>
        <source>Stop making summaries</source>
        <translation>Keine Zusammenfassungen mehr erstellen</translation>
    </message>
    <message>
        <source>Make the summary of this part again</source>
        <translation>Die Zusammenfassung dieses Teils neu erstellen</translation>
    </message>
    <message>
        <source>Open a document to summarise it.</source>
        <translation>Öffnen Sie ein Dokument, um es zusammenzufassen.</translation>
    </message>
    <message>
        <source>This document has no parts to summarise yet: its text is being read.</source>
        <translation>Dieses Dokument hat noch keine Teile zum Zusammenfassen: Sein Text wird gerade gelesen.</translation>
    </message>
    <message>
        <source>The summary is being made. It is shown here when it is complete.</source>
        <translation>Die Zusammenfassung entsteht. Sie erscheint hier, sobald sie vollständig ist.</translation>
    </message>
    <message>
        <source>The summary is being fetched from the library.</source>
        <translation>Die Zusammenfassung wird aus der Bibliothek geholt.</translation>
    </message>
    <message>
        <source>No summary was made of this part.</source>
        <translation>Von diesem Teil wurde keine Zusammenfassung erstellt.</translation>
    </message>
    <message>
        <source>No summary yet. Choose a length and a style, then Make.</source>
        <translation>Noch keine Zusammenfassung. Wählen Sie Länge und Stil, dann „Erstellen“.</translation>
    </message>
</context>
<context>
    <name>ui::TextView</name>
    <message>
        <source>Text</source>
        <translation>Text</translation>
    </message>
</context>
<context>
    <name>ui::TrashModel</name>
    <message>
        <source>%1, by %2</source>
        <translation>%1, von %2</translation>
    </message>
</context>
<context>
    <name>ui::TrashView</name>
    <message>
        <source>• %1</source>
        <translation>• %1</translation>
    </message>
    <message numerus="yes">
        <source>• and %Ln more document(s)</source>
        <translation>
            <numerusform>• und %Ln weiteres Dokument</numerusform>
            <numerusform>• und %Ln weitere Dokumente</numerusform>
        </translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Zurückholen</translation>
    </message>
    <message>
        <source>Delete all for good…</source>
        <translation>Alle endgültig löschen…</translation>
    </message>
    <message>
        <source>Removed documents</source>
        <translation>Entfernte Dokumente</translation>
    </message>
    <message>
        <source>The Trash is empty. Documents that you remove from the library wait here.</source>
        <translation>Der Papierkorb ist leer. Hier warten Dokumente, die Sie aus der Bibliothek entfernen.</translation>
    </message>
    <message>
        <source>Delete all for good</source>
        <translation>Alle endgültig löschen</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>This will be gone for good, with its text, memory, questions and summaries:
%1
Your own files stay where they are.</source>
        <translation>Dies wird endgültig gelöscht, mit Text, Gedächtnis, Fragen und Zusammenfassungen:
%1
Ihre eigenen Dateien bleiben, wo sie sind.</translation>
    </message>
</context>
<context>
    <name>ui::WelcomeView</name>
    <message>
        <source>&amp;Add Files…</source>
        <translation>&amp;Dateien hinzufügen…</translation>
    </message>
    <message>
        <source>&amp;Read the Sample Book</source>
        <translation>Das &amp;Beispielbuch lesen</translation>
    </message>
    <message>
        <source>The library cannot be opened</source>
        <translation>Die Bibliothek lässt sich nicht öffnen</translation>
    </message>
    <message>
        <source>Drop to read</source>
        <translation>Zum Lesen loslassen</translation>
    </message>
    <message>
        <source>Choose a document in the library</source>
        <translation>Wählen Sie ein Dokument in der Bibliothek</translation>
    </message>
    <message>
        <source>Drop a book here to read it</source>
        <translation>Ziehen Sie ein Buch hierher, um es zu lesen</translation>
    </message>
    <message>
        <source>Or drop more files anywhere in the window: PDF, EPUB, text or Markdown.</source>
        <translation>Oder ziehen Sie weitere Dateien irgendwo in das Fenster: PDF, EPUB, Text oder Markdown.</translation>
    </message>
    <message>
        <source>PDF, EPUB, text or Markdown, one file or a whole folder. Infolio reads every page, and answers with quotes that you can check. Nothing leaves this computer.</source>
        <translation>PDF, EPUB, Text oder Markdown, eine Datei oder ein ganzer Ordner. Infolio liest jede Seite und antwortet mit Zitaten, die Sie prüfen können. Nichts verlässt diesen Computer.</translation>
    </message>
</context>
</TS>
